// The policy in deploy/admission for VirtualServices, asked of the API server that KUBECONFIG names.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FIELD_MANAGER } from '#src/api/names.ts';
import { listAt, numberAt, recordAt, stringAt } from '#src/lib/json.ts';
import { applyAs, kubectl, missing, read } from './admin.ts';

const NAMESPACE = 'serin-admission-istio';
const PATIENCE_MS = 20_000;
const held = { 'serin.dev/held': 'true' };

type Route = Readonly<Record<string, unknown>>;
const to = (host: string, { weight, subset }: { readonly weight?: number; readonly subset?: string } = {}) => ({
  destination: { host, ...(subset === undefined ? {} : { subset }) },
  ...(weight === undefined ? {} : { weight }),
});
const at = (prefix: string, ...route: readonly unknown[]): Route => ({ match: [{ uri: { prefix } }], route });
const virtualService = (http: readonly Route[], more: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'app', namespace: NAMESPACE },
  spec: { hosts: ['a.example.com'], http, ...more },
});

const asFlux = (object: unknown): Promise<string> => applyAs('kustomize-controller', object);
const asSerin = (spec: Route): Promise<string> =>
  kubectl([
    ...['patch', 'virtualservice.networking.istio.io', 'app', '-n', NAMESPACE, '--type=merge'],
    ...['-p', JSON.stringify({ metadata: { labels: held }, spec }), `--field-manager=${FIELD_MANAGER}`],
  ]);
const found = (): Promise<unknown> => read(['virtualservice.networking.istio.io', 'app', '-n', NAMESPACE]);
/** Each route as `app-primary 95, app-canary 5`, HTTP first. */
const splits = async (): Promise<readonly string[]> => {
  const object = await found();
  return [...listAt(object, 'spec', 'http'), ...listAt(object, 'spec', 'tcp')].map((route) =>
    listAt(route, 'route')
      .map((one) => {
        const subset = stringAt(one, 'destination', 'subset');
        const host = `${stringAt(one, 'destination', 'host')}${subset === undefined ? '' : `/${subset}`}`;
        return `${host} ${numberAt(one, 'weight') ?? '-'}`;
      })
      .join(', '),
  );
};

const STATIC = at('/static', to('static'));
const APP = at('/', to('app', { weight: 75 }), to('other', { weight: 25 }));
const SPLIT = at('/', to('app-primary', { weight: 70 }), to('app-canary', { weight: 5 }), to('other', { weight: 25 }));
const SPLIT_TEXT = 'app-primary 70, app-canary 5, other 25';

describe('admission policy for VirtualServices', { skip: missing ?? false }, () => {
  before(async () => {
    await kubectl(['apply', '-k', 'deploy/admission']);
    await kubectl(['create', 'namespace', NAMESPACE]);
    const end = Date.now() + PATIENCE_MS;
    do {
      assert.ok(Date.now() < end, `the policy holds nothing after ${PATIENCE_MS / 1000} s`);
      await setTimeout(200);
      await asFlux(virtualService([STATIC, APP]));
      await asSerin({ http: [STATIC, SPLIT] });
      await asFlux(virtualService([STATIC, APP]));
    } while ((await splits())[1] !== SPLIT_TEXT);
  });
  after(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await kubectl(['delete', '-k', 'deploy/admission', '--ignore-not-found']);
  });
  beforeEach(async () => {
    await kubectl(['delete', 'virtualservice.networking.istio.io', '--all', '-n', NAMESPACE]);
    await asFlux(virtualService([STATIC, APP]));
    await asSerin({ http: [STATIC, SPLIT] });
  });

  test('weights stay when Git is applied again, which changes nothing', async () => {
    const generation = async () => recordAt(await found(), 'metadata')['generation'];
    const before = await generation();
    await asFlux(virtualService([STATIC, APP]));
    assert.deepEqual(await splits(), ['static -', SPLIT_TEXT]);
    assert.equal(await generation(), before);
  });

  test('hosts, time-outs and other routes come through', async () => {
    const app = { ...APP, timeout: '5s' };
    await asFlux(virtualService([at('/static', to('static-2')), app], { hosts: ['b.example.com'] }));
    assert.deepEqual(await splits(), ['static-2 -', SPLIT_TEXT]);
    const spec = recordAt(await found(), 'spec');
    assert.deepEqual([spec['hosts'], recordAt(spec, 'http', 1)['timeout']], [['b.example.com'], '5s']);
  });

  test('routes that change places or number, or get other destinations, come through', async () => {
    await asFlux(virtualService([APP, STATIC]));
    assert.deepEqual(await splits(), ['app 75, other 25', 'static -']);
    await asSerin({ http: [SPLIT, STATIC] });
    await asFlux(virtualService([APP]));
    assert.deepEqual(await splits(), ['app 75, other 25']);
    await asSerin({ http: [SPLIT] });
    await asFlux(virtualService([at('/', to('app', { weight: 50 }), to('third', { weight: 50 }))]));
    assert.deepEqual(await splits(), ['app 50, third 50']);
  });

  test('whole names, subsets of one host and TCP routes are held too', async () => {
    const whole = 'app.shop.svc.cluster.local';
    const sides = ['app-primary.shop.svc.cluster.local', 'app-canary.shop.svc.cluster.local'] as const;
    const bySubset = (weight: number) =>
      at('/', to('all', { subset: 'stable', weight: 100 - weight }), to('all', { subset: 'canary', weight }));
    const tcp = (...route: readonly unknown[]) => [{ route }];
    const inGit = virtualService([at('/api', to(whole)), bySubset(0)], { tcp: tcp(to('app')) });
    await asFlux(inGit);
    await asSerin({
      http: [at('/api', to(sides[0], { weight: 90 }), to(sides[1], { weight: 10 })), bySubset(10)],
      tcp: tcp(to('app-primary', { weight: 90 }), to('app-canary', { weight: 10 })),
    });
    await asFlux(inGit);
    assert.deepEqual(await splits(), [
      `${sides[0]} 90, ${sides[1]} 10`,
      'all/stable 90, all/canary 10',
      'app-primary 90, app-canary 10',
    ]);
  });

  describe('with what is pinned, mirrored or kept', () => {
    const named = (name: string, fields: Route, ...route: readonly unknown[]): Route => ({
      ...at('/', ...route),
      name: `serin-${name}-1`,
      ...fields,
    });
    const header = { match: [{ uri: { prefix: '/' }, headers: { 'x-canary': { exact: 'insider' } } }] };
    const CLIENT = 'side=0123456789; Max-Age=86400; Path=/';
    const answering = (one: Readonly<Record<string, unknown>>) => ({
      ...one,
      headers: { response: { add: { 'set-cookie': CLIENT } } },
    });
    const KEPT = at(
      '/',
      answering(to('app-primary', { weight: 70 })),
      answering(to('app-canary', { weight: 5 })),
      to('other', { weight: 25 }),
    );
    const HELD = {
      'what is pinned': [STATIC, named('pinned', header, to('app-canary', { weight: 100 })), SPLIT],
      'what is mirrored': [
        STATIC,
        named('mirrored', { mirror: { host: 'app-canary' } }, ...listAt(SPLIT, 'route')),
        SPLIT,
      ],
      'clients that are kept': [
        STATIC,
        named('kept-canary', header, ...listAt(KEPT, 'route')),
        named('kept-primary', header, ...listAt(KEPT, 'route')),
        KEPT,
      ],
    };
    for (const [what, http] of Object.entries(HELD)) {
      test(`${what}: stays when Git is applied again, and what else Git changes comes through`, async () => {
        await asSerin({ http });
        const before = recordAt(await found(), 'metadata')['generation'];
        await asFlux(virtualService([STATIC, APP]));
        assert.equal(recordAt(await found(), 'metadata')['generation'], before);
        await asFlux(
          virtualService([at('/static', to('static-2')), { ...APP, timeout: '5s' }], { hosts: ['b.example.com'] }),
        );
        const spec = recordAt(await found(), 'spec');
        const [first, ...others] = listAt(spec, 'http');
        assert.deepEqual([spec['hosts'], first], [['b.example.com'], at('/static', to('static-2'))]);
        assert.deepEqual(others, [...http.slice(1, -1), { ...http.at(-1), timeout: '5s' }]);
      });
    }

    test('goes when a route takes other requests: Serin makes it anew', async () => {
      await asSerin({ http: HELD['what is pinned'] });
      await asFlux(virtualService([STATIC, { ...APP, match: [{ uri: { prefix: '/app' } }] }]));
      assert.deepEqual(await splits(), ['static -', SPLIT_TEXT]);
    });

    test('is in nobody’s way when Git has as many routes', async () => {
      await asSerin({ http: HELD['clients that are kept'] });
      const more = [at('/a', to('app')), at('/b', to('app'))];
      await asFlux(virtualService([STATIC, ...more, APP]));
      const kept = 'app-primary 70, app-canary 5, other 25';
      assert.deepEqual(await splits(), ['static -', 'app -', 'app -', kept]);
    });
  });

  test('what Serin has given back is the user’s again', async () => {
    const patch = { metadata: { labels: { 'serin.dev/held': null } }, spec: { http: [STATIC, APP] } };
    await kubectl([
      ...['patch', 'virtualservice.networking.istio.io', 'app', '-n', NAMESPACE, '--type=merge'],
      ...['-p', JSON.stringify(patch), `--field-manager=${FIELD_MANAGER}`],
    ]);
    await asFlux(virtualService([STATIC, at('/', to('app'))]));
    assert.deepEqual(await splits(), ['static -', 'app -']);
  });
});
