import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#src/rollout/decide.ts';
import { remedy } from '#src/rollout/drift.ts';
import { anObserved, aRevision, aRunning, aShiftedRun, aWorkload, T0 } from './an-observed.ts';
import { shown } from './shown.ts';

const target = { uid: 'uid-t', deleting: false, readyReplicas: 0, revision: aRevision('v1') };

test('who scales the target up is named, with the setting that ends it, and the target goes back to 0', () => {
  const scaled = anObserved({ target: { ...target, replicas: 3, scaledBy: 'kustomize-controller' } });
  const decision = decide(scaled, T0);
  assert.deepEqual(shown(decision).after, ['scaleTarget 0']);
  assert.deepEqual(decision.events, [
    {
      reason: 'WorkloadDrift',
      note: 'kustomize-controller set the replicas of podinfo to 3; they go back to 0. To end this, leave spec.replicas out of the manifest',
    },
  ]);
  assert.deepEqual(decide(anObserved({ target: { ...target, replicas: 0, scaledBy: 'flux' } }), T0).events, []);
});

test('a target at 0 replicas that has lost the label by which it is held gets it back, without a word', () => {
  const decision = decide(anObserved({ target: { ...target, replicas: 0, unheld: true } }), T0);
  assert.deepEqual([shown(decision).after, decision.events], [['scaleTarget 0'], []]);
});

test('who changes the selector of the apex Service is named', () => {
  const { services } = anObserved();
  const apex = {
    selects: 'other',
    current: false,
    endpointsMatch: false,
    foreignManager: 'kustomize-controller',
  } as const;
  const decision = decide(anObserved({ services: { ...services, apex } }), T0);
  assert.deepEqual(shown(decision).after, ['applyService apex']);
  assert.equal(
    decision.events[0]?.note,
    'kustomize-controller changed the selector of Service podinfo; it goes back to the primary. To end this, annotate Service podinfo in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent',
  );
});

test('the remedy is in the words of the tool that writes', () => {
  const replicas = { kind: 'Deployment', name: 'podinfo', field: '/spec/replicas' } as const;
  assert.equal(
    remedy('argocd-controller', replicas),
    'add /spec/replicas of Deployment podinfo to ignoreDifferences of its Application',
  );
  assert.equal(
    remedy('kube-controller-manager', replicas),
    'name the autoscaler in spec.autoscalerRef, so that it scales podinfo-primary',
  );
  assert.equal(remedy('Helm', replicas), 'leave spec.replicas out of the manifest');
});

test('a copy that somebody has changed is applied again, as large as it is', () => {
  const primary = aWorkload('v1', { changedBy: 'kubectl-edit' });
  const stable = decide(anObserved({ primary }), T0);
  assert.deepEqual(shown(stable).after, ['applyPrimary v1 x4']);
  assert.deepEqual(stable.events, [
    {
      reason: 'WorkloadDrift',
      note: 'kubectl-edit changed the template of podinfo-primary; it goes back to revision v1. Change podinfo instead: what is changed there is judged',
    },
  ]);
  const side = aWorkload('v2', { changedBy: 'kubectl-edit', replicas: 3 });
  assert.deepEqual(shown(decide(aRunning(aShiftedRun(1, 5), { side }), T0)).after, ['applyCanary v2 x3']);
});

test('who takes pods from the canary is named, and who gives it more is not', () => {
  const events = (replicas: number) => {
    const side = aWorkload('v2', { replicas, scaledBy: 'kubectl' });
    return decide(aRunning(aShiftedRun(4, 50), { side }), T0).events.map(({ note }) => note);
  };
  assert.deepEqual(events(1), [
    'kubectl set the replicas of podinfo-canary to 1, which is less than its share needs; they go up again',
  ]);
  assert.deepEqual(events(4), []);
});
