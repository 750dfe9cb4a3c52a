import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdRoute } from '#src/rollout/hold-route.ts';
import { anObserved, aRoute, aWorkload } from './an-observed.ts';

const at = (canaryWeight: number, parts: Parameters<typeof anObserved>[0] = {}) =>
  anObserved({ route: aRoute({ canaryWeight, foreignManager: 'kubectl' }), ...parts });

test('a weight above the recorded one is lowered before anything else, and its author is named', () => {
  const { before, after, events } = holdRoute(at(80), { exposure: { canaryWeight: 25 }, mayRaise: true, stamp: 's' });
  assert.deepEqual(before, [{ type: 'setRoute', canaryWeight: 25, stamp: 's' }]);
  assert.deepEqual(after, []);
  assert.deepEqual(events, [
    {
      reason: 'RouteDrift',
      note: "kubectl set the canary's weight to 80%; it goes back to 25%. To end this, keep kubectl from writing /spec/rules of HTTPRoute podinfo",
    },
  ]);
});

test('nothing is lowered to a primary that has no ready pod', () => {
  const { before, after, events } = holdRoute(at(80, { primary: aWorkload('v1', { endpoints: 0 }) }), {
    exposure: { canaryWeight: 0 },
    mayRaise: false,
  });
  assert.deepEqual([before, after, events], [[], [], []]);
});

test('a weight below is put back to the recorded one, after the status, while there is somebody to take it', () => {
  const put = holdRoute(at(5), { exposure: { canaryWeight: 25 }, mayRaise: true });
  assert.deepEqual(put.before, []);
  assert.deepEqual(put.after, [{ type: 'setRoute', canaryWeight: 25 }]);
  assert.deepEqual(holdRoute(at(5), { exposure: { canaryWeight: 25 }, mayRaise: false }).after, []);
});

test('a route that is gone, or changed beside its weight, is written again', () => {
  const gone = anObserved({ route: { exists: false, current: false, acceptance: 'pending', detail: '', since: 0 } });
  assert.deepEqual(holdRoute(gone, { exposure: { canaryWeight: 0 }, mayRaise: false }).after, [
    { type: 'setRoute', canaryWeight: 0 },
  ]);
  const changed = anObserved({ route: aRoute({ current: false }) });
  assert.deepEqual(holdRoute(changed, { exposure: { canaryWeight: 0 }, mayRaise: false }).after, [
    { type: 'setRoute', canaryWeight: 0 },
  ]);
});

test('a route that stands as it should is left alone', () => {
  const { before, after, events } = holdRoute(at(25), { exposure: { canaryWeight: 25 }, mayRaise: true });
  assert.deepEqual([before, after, events], [[], [], []]);
});

test('the object that carries the weights is named as the plane has it', () => {
  const named = (spec: Partial<ReturnType<typeof anObserved>['canary']['spec']>): string | undefined => {
    const observed = at(80);
    const canary = { ...observed.canary, spec: { ...observed.canary.spec, ...spec } };
    const { events } = holdRoute({ ...observed, canary }, { exposure: { canaryWeight: 25 }, mayRaise: true });
    return events[0]?.note.replace(/^.*writing /, '');
  };
  const { service } = at(80).canary.spec;
  assert.equal(named({ provider: 'istio' }), '/spec/http of VirtualService podinfo');
  assert.equal(
    named({ provider: 'istio', service: { ...service, appProtocol: 'tcp' } }),
    '/spec/tcp of VirtualService podinfo',
  );
  assert.equal(named({ provider: 'appmesh' }), '/spec/routes of VirtualRouter podinfo');
  assert.equal(named({ provider: 'gloo' }), '/spec/routes of RouteTable podinfo');
});

test('backends that somebody put back are named too, though the canary has the weight that it should have', () => {
  const observed = anObserved({ route: aRoute({ current: false, foreignManager: 'kustomize-controller' }) });
  const { after, events } = holdRoute(observed, { exposure: { canaryWeight: 0 }, mayRaise: false });
  assert.deepEqual(after, [{ type: 'setRoute', canaryWeight: 0 }]);
  assert.equal(
    events[0]?.note,
    'kustomize-controller changed HTTPRoute podinfo; its backends go back. To end this, annotate HTTPRoute podinfo in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent',
  );
});
