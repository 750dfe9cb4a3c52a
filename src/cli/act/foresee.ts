import type { CanarySpec } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/canary-status.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { takeActions } from '../../rollout/actions/take-actions.ts';
import type { ActionView, GitView, Observed, WorkloadView } from '../../rollout/observed.ts';

const gitOf = ({ git }: CanarySpec): GitView =>
  git === undefined
    ? { mode: 'off' }
    : {
        mode: 'on',
        repository: git.repositoryRef.name,
        url: '',
        branch: '',
        path: git.path,
        onSuccess: git.onSuccess,
        onFailure: git.onFailure ?? 'revert',
      };

const serving = (revision: string): WorkloadView => ({
  revision,
  pinned: true,
  replicas: 1,
  readyReplicas: 1,
  ready: true,
  endpoints: 1,
  deadlineExceeded: false,
  keepsCapacity: true,
  deleting: false,
});

/** What can be told of a Canary from the object alone: enough to know what an action would do, not when. */
const observedIn = (object: KubeObject, spec: CanarySpec, status: CanaryStatus): Observed => {
  const { namespace = '', name, uid = '', generation = 0, deletionTimestamp } = object.metadata;
  const { desired, stable } = status;
  return {
    cluster: '',
    canary: { namespace, name, uid, generation, spec, hasFinalizer: true, deleting: deletionTimestamp !== undefined },
    status,
    problems: [],
    target: {
      uid: '',
      deleting: false,
      replicas: 0,
      readyReplicas: 0,
      ...(desired === undefined ? {} : { revision: { id: desired.revision, hash: desired.hash, images: {} } }),
    },
    ...(stable === undefined ? {} : { primary: serving(stable.revision) }),
    services: {},
    route: {
      exists: true,
      canaryWeight: status.canaryWeight ?? 0,
      current: true,
      acceptance: 'unknown',
      detail: '',
      since: 0,
    },
    pinned: [],
    recorded: [],
    noted: {},
    metrics: [],
    git: gitOf(spec),
    alerts: [],
    effects: new Map(),
    namespaceDeleting: false,
  };
};

/** What an action would do. */
export type Foreseen = {
  readonly state: 'Done' | 'Refused';
  readonly message: string;
  /** The Canary's status after it. */
  readonly status: CanaryStatus;
};

/**
 * What the controller would make of an action now, by its own rules: a refusal is known before anything is written.
 * Something may have changed when the action arrives; its answer is what counts.
 */
export const foresee = (
  object: KubeObject,
  {
    spec,
    status,
    action,
    now,
  }: {
    readonly spec: CanarySpec;
    readonly status: CanaryStatus;
    readonly action: ActionView;
    readonly now: number;
  },
): Foreseen => {
  const taken = takeActions({ ...observedIn(object, spec, status), actions: [action] }, now);
  const echo = taken.echoes.at(-1);
  if (echo?.type !== 'answerAction') throw new TypeError(`Cannot foresee ${action.verb}: it has no answer`);
  return { state: echo.state, message: echo.message, status: taken.status };
};
