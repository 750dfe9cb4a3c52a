import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { routeAcceptance } from '#src/traffic/httproute/acceptance.ts';
import { gateway } from '#test/traffic/a-route.ts';

const parentRef = { name: 'edge', namespace: 'gateways' };
const written = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parentRef };

const condition = (type: string, fields: JsonRecord = {}): JsonRecord => ({
  type,
  status: 'True',
  reason: type,
  message: 'fine',
  observedGeneration: 4,
  ...fields,
});
const good = [condition('Accepted'), condition('ResolvedRefs')];

/** A route at generation 4 with the given conditions; without any, nobody has answered. */
const route = (
  conditions: readonly JsonRecord[] | undefined,
  parentRefs: readonly JsonRecord[] = [parentRef],
): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'podinfo', namespace: 'shop', generation: 4 },
  spec: { parentRefs },
  status: {
    parents:
      conditions === undefined ? [] : [{ parentRef: written, controllerName: 'example.com/gateway', conditions }],
  },
});

const objects = { get: (ref: { kind: string }) => (ref.kind === 'Gateway' ? gateway : undefined) };
const verdict = (object: KubeObject) => routeAcceptance(object, objects);

test('accepted and resolved for this generation is accepted', () => {
  assert.equal(verdict(route(good)).ok, true);
});

test('an answer for an older generation is none yet, good or bad', () => {
  for (const status of ['True', 'False']) {
    const old = condition('Accepted', { observedGeneration: 3, status });
    assert.deepEqual(verdict(route([old, condition('ResolvedRefs')])), {
      ok: false,
      refused: false,
      detail: 'Gateway gateways/edge has answered for generation 3, not yet for 4',
    });
  }
});

test('a refusal is told in the plane’s own words', () => {
  const refs = condition('ResolvedRefs', {
    status: 'False',
    reason: 'BackendNotFound',
    message: 'no Service podinfo-canary',
  });
  assert.deepEqual(verdict(route([condition('Accepted'), refs])), {
    ok: false,
    refused: true,
    detail: 'Gateway gateways/edge: ResolvedRefs: BackendNotFound: no Service podinfo-canary',
  });
});

test('a plane that falls back to an older version of the route has not accepted it', () => {
  const partial = condition('PartiallyInvalid', { reason: 'UnsupportedValue', message: 'Fall Back to generation 3' });
  const { ok, refused, detail } = verdict(route([...good, partial]));
  assert.deepEqual([ok, refused], [false, true]);
  assert.match(detail, /Fall Back to generation 3/);
  assert.equal(verdict(route([...good, condition('PartiallyInvalid', { status: 'False' })])).ok, true);
});

test('a plane that tells no generation, or 0, leaves it unknown', () => {
  for (const observedGeneration of [undefined, 0]) {
    const conditions = ['Accepted', 'ResolvedRefs'].map((type) => condition(type, { observedGeneration }));
    assert.equal(verdict(route(conditions)).ok, 'unknown');
  }
});

test('silence is pending: no parent, no condition', () => {
  assert.deepEqual(verdict(route(undefined)), {
    ok: false,
    refused: false,
    detail: 'Gateway gateways/edge has not answered yet',
  });
  assert.match(verdict(route([condition('Accepted')])).detail, /has not said ResolvedRefs yet/);
});

test('a Gateway that does not exist is named', () => {
  const { detail } = routeAcceptance(route(undefined), { get: () => undefined });
  assert.equal(detail, 'Gateway gateways/edge does not exist');
});

test('every parent must answer; another listener of the same Gateway is another parent', () => {
  const { ok, refused } = verdict(route(good, [parentRef, { ...parentRef, sectionName: 'tls' }]));
  assert.deepEqual([ok, refused], [false, false]);
});
