import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskAws, AwsAnswer } from '#src/sandbox/gateway/app-mesh/aws-answer.ts';
import { takenOverOn } from '#test/harness/plane-release.ts';
import { APP_MESH } from '#test/harness/planes.ts';
import { ended, push } from '#test/harness/release.ts';
import { verified } from '#test/planes/verified.ts';
import { isThere, liveOn } from './lives.ts';

const API = 'appmesh.k8s.aws/v1beta2';
const MADE = [
  ['VirtualService', 'podinfo'],
  ['VirtualRouter', 'podinfo'],
  ['VirtualNode', 'podinfo-primary'],
  ['VirtualNode', 'podinfo-canary'],
] as const;

test('a whole life in the mesh', async (t) => {
  const world = await liveOn(t, APP_MESH, {
    whileServing: (serving) => {
      for (const [kind, name] of MADE) assert.equal(isThere(serving, { apiVersion: API, kind, name }), true, name);
    },
  });
  for (const [kind, name] of MADE) assert.equal(isThere(world, { apiVersion: API, kind, name }), false, name);
});

/** What AWS says of VirtualRouters from the moment on when it is asked to. */
const anAws = () => {
  let answer: AwsAnswer = { type: 'active' };
  const appMesh: AskAws = ({ kind }) => (kind === 'VirtualRouter' ? answer : { type: 'active' });
  const says = (next: AwsAnswer): void => {
    answer = next;
  };
  return { appMesh, says };
};

const REFUSALS: Readonly<Record<string, { readonly answer: AwsAnswer; readonly words: RegExp }>> = {
  'AWS takes no change of the router': {
    answer: { type: 'error' },
    words: /VirtualRouter shop\/podinfo: App Mesh has answered for generation \d, not yet for \d/,
  },
  'the router never becomes active': {
    answer: { type: 'inactive' },
    words: /VirtualRouter shop\/podinfo: VirtualRouterActive is False/,
  },
  'AWS refuses the router in words': {
    answer: { type: 'inactive', reason: 'LimitExceeded', message: 'too many routes' },
    words: /VirtualRouter shop\/podinfo: VirtualRouterActive: LimitExceeded: too many routes/,
  },
};

for (const [name, { answer, words }] of Object.entries(REFUSALS)) {
  test(`${name}: no request goes to the canary, and the run ends with the plane's words`, async (t) => {
    const { appMesh, says } = anAws();
    const setup = { ...APP_MESH, spec: { ...APP_MESH.spec, progressDeadlineSeconds: 60 } };
    const world = await takenOverOn(t, setup, { rps: 10, controlPlanes: { appMesh } });
    const mark = world.load.snapshot();
    says(answer);
    push(world, 'podinfo:6.1.0');
    await world.clock.until(ended(world, 1), 180_000);
    const [run] = world.canary().history;
    assert.deepEqual([run?.outcome, run?.cause], ['RolledBack', 'RouteNotObserved']);
    assert.match(world.events().find((event) => event.startsWith('RolledBack: ')) ?? '', words);
    const { failures, versions } = world.load.since(mark);
    assert.deepEqual([failures, Object.keys(versions)], [0, ['6.0.0']]);
    verified({ plane: 'appmesh', feature: 'acceptance by status', way: 'sandbox' });
  });
}
