import type { TestContext } from 'node:test';
import { listAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { refOf } from '#src/lib/kube-object.ts';
import { aCluster } from './a-cluster.ts';

type Answer = { readonly state: 'Done' | 'Refused'; readonly message: string };

/** `aCluster` with somebody who answers every CanaryAction, as the controller would. */
export const answeringCluster = async (context: TestContext, answer: Answer | 'nobody' = DONE) => {
  const cluster = await aCluster(context);
  cluster.api.subscribe(({ type, object }) => {
    if (type !== 'ADDED' || object.kind !== 'CanaryAction' || answer === 'nobody') return;
    // Not while the server is still writing.
    setImmediate(() => cluster.api.writeStatus(refOf(object), answer, { manager: 'serin' }));
  });
  const actions = (): readonly KubeObject[] =>
    cluster.api.list({ apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryAction' });
  return { ...cluster, actions, verbs: () => actions().map((action) => stringAt(action, 'spec', 'verb')) };
};

const DONE: Answer = { state: 'Done', message: 'Run v2-1 is aborted by alice; podinfo-primary gets all traffic' };

/** Of the only CanaryAction there is. */
export const specOfOnly = (actions: readonly KubeObject[]): unknown =>
  actions.length === 1 ? actions[0]?.['spec'] : listAt(actions);
