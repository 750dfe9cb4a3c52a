import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOptions } from '#src/traffic/gloo/route-options.ts';
import { gloo } from '#src/traffic/gloo.ts';
import type { RouteOptions } from '#src/traffic/router.ts';
import { routeRef } from '#test/traffic/a-route.ts';
import { RouteWorld } from '#test/traffic/route-world.ts';

const refWith = (options: RouteOptions) => ({ ...routeRef, gatewayRefs: [], hosts: [], options });
const problemsOf = (options: RouteOptions): readonly string[] =>
  gloo.problems(new RouteWorld([]), refWith(options)).map(({ where, message }) => `${where}: ${message}`);

test('a Canary that says nothing gets no options', () => {
  assert.deepEqual(routeOptions(refWith({})), {});
});

test('a path is replaced as a whole, or its prefix is', () => {
  const whole = routeOptions(refWith({ rewrite: { uri: '/a\\1' } }));
  assert.deepEqual(whole, { regexRewrite: { pattern: { regex: '^.*$' }, substitution: '/a\\\\1' } });
  const prefix = { rewrite: { uri: '/', type: 'ReplacePrefixMatch' as const } };
  assert.deepEqual(routeOptions(refWith(prefix)), { prefixRewrite: '/' });
  assert.deepEqual(problemsOf(prefix), []);
  assert.deepEqual(problemsOf({ ...prefix, match: [{ uri: { prefix: '/api' } }, { uri: { exact: '/x' } }] }), [
    'spec.service.rewrite.type: a prefix is replaced only where one is matched, and match[1] has another uri; want uri.prefix, or ReplaceFullPath',
  ]);
});

test('retries say on what, also where the Canary does not', () => {
  assert.deepEqual(routeOptions(refWith({ retries: {} })), {
    retries: { retryOn: 'connect-failure,refused-stream,gateway-error', numRetries: 1 },
  });
});

test('what Gloo cannot express is told with its place', () => {
  assert.deepEqual(
    problemsOf({
      appProtocol: 'tcp',
      corsPolicy: { maxAge: 'a day', unmatchedPreflights: 'FORWARD' },
      headers: { request: { append: { a: 'b' } } },
      match: [
        { method: { prefix: 'P' }, sourceLabels: { app: 'a' } },
        { uri: {}, headers: { 'x-a': { exact: 'a', regex: 'b' } } },
      ],
    }),
    [
      'spec.service.match[0].sourceLabels: Gloo cannot match by sourceLabels; want uri, method, headers, withoutHeaders, queryParams, ignoreUriCase',
      'spec.service.match[0].method: Gloo cannot match it by prefix; want exact',
      'spec.service.match[1].uri: it does not say what to compare with; want one of exact, prefix, regex',
      'spec.service.match[1].headers.x-a: it does not say what to compare with; want one of exact, prefix, regex',
      'spec.service.corsPolicy.unmatchedPreflights: Gloo has no such thing; want allowOrigin, allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials',
      'spec.service.corsPolicy.maxAge: "a day" is no duration; want one such as 24h',
      'spec.service.headers.request.append: Gloo has no such change; want add, set or remove',
      "spec.service.appProtocol: Gloo's RouteTables route HTTP only, not tcp; want http, http2 or grpc",
    ],
  );
});
