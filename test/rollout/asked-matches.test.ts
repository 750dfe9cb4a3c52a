import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CanarySpecInput, canarySpec } from '#src/api/canary.ts';
import { askedMatches } from '#src/rollout/asked-matches.ts';
import { canaryExample } from '../api/example.ts';

type Match = NonNullable<CanarySpecInput['analysis']['match']>;

const ingressRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' };

const asked = (match: Match, of: Partial<CanarySpecInput> = {}) => {
  const { spec } = canaryExample;
  return askedMatches(canarySpec.parse({ ...spec, ...of, analysis: { ...spec.analysis, iterations: 10, match } }));
};
const askedOfNginx = (match: Match) => asked(match, { service: { port: 80 }, ingressRef });
const cookieOf = (value: Match[number]['headers']) => askedOfNginx([{ ...(value && { headers: value }) }])[0]?.[0];

test('an item is a match, and everything in it a condition', () => {
  assert.deepEqual(
    asked([
      { headers: { 'X-Canary': { exact: 'always' }, 'user-agent': { prefix: 'curl/' } }, queryParams: { beta: {} } },
      { queryParams: { canary: { regex: '[0-9]+' } } },
    ]),
    [
      [
        { on: 'header', name: 'x-canary', op: 'exact', value: 'always' },
        { on: 'header', name: 'user-agent', op: 'prefix', value: 'curl/' },
        { on: 'query', name: 'beta', op: 'prefix', value: '' },
      ],
      [{ on: 'query', name: 'canary', op: 'regex', value: '[0-9]+' }],
    ],
  );
});

test('without match nothing is asked for', () => {
  assert.deepEqual(askedMatches(canarySpec.parse(canaryExample.spec)), []);
});

test('what a value ends with is an expression of that text alone', () => {
  assert.deepEqual(asked([{ headers: { host: { suffix: '.example.com' } } }]), [
    [{ on: 'header', name: 'host', op: 'regex', value: '.*\\.example\\.com' }],
  ]);
});

const always = { on: 'cookie', name: 'canary', op: 'exact', value: 'always' };

test('what is plainly a cookie is one on the plane that cannot look through the header', () => {
  for (const regex of [
    '^(.*?;)?(canary=always)(;.*)?$',
    '^(.*?;)?canary=always(;.*)?$',
    '(.*; ?)?canary=always(;.*)?',
    '^(?:.*;\\s*)?(canary=always)(?:;.*)?$',
    '.*canary=always.*',
    'canary=always',
  ]) {
    assert.deepEqual(cookieOf({ Cookie: { regex } }), always, regex);
  }
  // As Flagger writes it for NGINX.
  assert.deepEqual(cookieOf({ cookie: { exact: 'canary' } }), always);
  assert.deepEqual(cookieOf({ cookie: { exact: 'canary=insider' } }), { ...always, value: 'insider' });
});

test('what may mean something else stays a header', () => {
  for (const regex of [
    'canary=(always|never)',
    '^(.*?;)?(canary=a.*)(;.*)?$',
    '(canary=always',
    'a=b; canary=always',
  ]) {
    assert.deepEqual(cookieOf({ cookie: { regex } }), { on: 'header', name: 'cookie', op: 'regex', value: regex });
  }
  assert.deepEqual(cookieOf({ cookie: { prefix: 'canary' } })?.on, 'header');
  assert.deepEqual(cookieOf({ 'x-cookie': { exact: 'canary' } })?.on, 'header');
});

test('a plane that looks through the header does so by the expression as it is written', () => {
  const regex = '^(.*?;)?(canary=always)(;.*)?$';
  assert.deepEqual(asked([{ headers: { cookie: { regex } } }]), [
    [{ on: 'header', name: 'cookie', op: 'regex', value: regex }],
  ]);
});
