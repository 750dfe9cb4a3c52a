import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '#src/lib/json.ts';
import type { ObjectRef } from '#src/lib/kube-object.ts';
import { meshAcceptance } from '#src/traffic/app-mesh/acceptance.ts';
import { routeRef as ref } from '#test/traffic/a-route.ts';

const active = (kind: string, fields: JsonRecord = {}): JsonRecord => ({
  observedGeneration: 4,
  conditions: [{ type: `${kind}Active`, status: 'True' }],
  ...fields,
});

/** What is said where all objects are at generation 4 and active, but for one kind. */
const said = (kind: string, status: JsonRecord | undefined): readonly unknown[] => {
  const get = ({ apiVersion, kind: asked, namespace = '', name }: ObjectRef) => ({
    apiVersion,
    kind: asked,
    metadata: { namespace, name, generation: 4 },
    status: asked === kind ? status : active(asked),
  });
  const { ok, refused, detail } = meshAcceptance({ get }, ref);
  return [ok, refused, detail];
};

test('every object must be active, each for its own generation', () => {
  assert.deepEqual(said('VirtualRouter', active('VirtualRouter')).slice(0, 2), [true, false]);
  for (const kind of ['VirtualNode', 'VirtualRouter', 'VirtualService']) {
    const [ok, refused, detail] = said(kind, active(kind, { observedGeneration: 3 }));
    assert.deepEqual([ok, refused], [false, false]);
    assert.match(String(detail), /^\w+ shop\/podinfo\S*: App Mesh has answered for generation 3, not yet for 4$/);
    const [silent] = said(kind, undefined);
    assert.equal(silent, false);
  }
});

test('a status that never becomes active stays pending', () => {
  const inactive = (status: string) => active('', { conditions: [{ type: 'VirtualNodeActive', status }] });
  for (const status of ['False', 'Unknown']) {
    assert.deepEqual(said('VirtualNode', inactive(status)), [
      false,
      false,
      `VirtualNode shop/podinfo-primary: VirtualNodeActive is ${status}`,
    ]);
  }
  assert.deepEqual(said('VirtualNode', active('VirtualRouter')), [
    false,
    false,
    'App Mesh has not answered for VirtualNode shop/podinfo-primary yet',
  ]);
});

test('a reason makes it a refusal, in App Mesh’s words', () => {
  const words = { type: 'VirtualRouterActive', reason: 'BadRequest', message: 'no such node' };
  const detail = 'VirtualRouter shop/podinfo: VirtualRouterActive: BadRequest: no such node';
  assert.deepEqual(said('VirtualRouter', active('', { conditions: [{ ...words, status: 'False' }] })), [
    false,
    true,
    detail,
  ]);
  assert.deepEqual(said('VirtualRouter', active('', { conditions: [{ ...words, status: 'Unknown' }] })), [
    false,
    false,
    detail,
  ]);
});

test('without a generation nobody knows what was taken', () => {
  const { conditions } = active('VirtualRouter');
  assert.deepEqual(said('VirtualRouter', { conditions }), [
    'unknown',
    false,
    'VirtualRouter shop/podinfo: App Mesh does not say which generation it has taken',
  ]);
});

test('what does not exist is named', () => {
  const { detail } = meshAcceptance({ get: () => undefined }, ref);
  assert.equal(detail, 'VirtualNode shop/podinfo-primary does not exist yet');
});
