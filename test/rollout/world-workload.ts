import type { Digests } from '#src/api/canary-status.ts';
import type { WorkloadView } from '#src/rollout/observed.ts';
import { digestsOf } from './an-observed.ts';
import type { Story } from './story.ts';

/** How long a pod takes to be ready. */
export const POD_MS = 2_000;

/** A Deployment of one side, with what decides how its pods are at any time. */
export type Workload = {
  readonly side: 'primary' | 'canary';
  readonly revision: string;
  readonly replicas: number;
  readonly digests: Digests | undefined;
  readonly changedAt: number;
  /** What served before the last change. */
  readonly before: { readonly revision: string; readonly endpoints: number };
};

export const isReady = ({ side, revision, changedAt }: Workload, { story, at }: Moment): boolean => {
  const broken = story.broken?.[revision];
  return at >= changedAt + POD_MS && broken !== 'both' && broken !== side;
};

export type Moment = { readonly story: Story; readonly at: number };

/** The revision of the pods that are ready. */
export const serving = (workload: Workload, moment: Moment): string =>
  isReady(workload, moment) ? workload.revision : workload.before.revision;

/** Ready pods: the old ones stay until the new ones are there, unless the primary loses capacity as it changes. */
export const endpoints = (workload: Workload | undefined, moment: Moment): number => {
  if (workload === undefined) return 0;
  const { side, revision, replicas, before } = workload;
  if (isReady(workload, moment)) return replicas;
  const keeps = side === 'canary' || before.revision === revision || (moment.story.keepsCapacity ?? true);
  return keeps ? before.endpoints : Math.max(0, before.endpoints - 2);
};

/** The workload after an apply; the very same when nothing differs. */
export const applied = (
  from: Workload | undefined,
  to: Pick<Workload, 'side' | 'revision' | 'replicas' | 'digests'>,
  moment: Moment,
): Workload => {
  const same = from?.revision === to.revision && from.replicas === to.replicas;
  if (same && from.digests?.['podinfo'] === to.digests?.['podinfo']) return from;
  const revision = from === undefined ? to.revision : serving(from, moment);
  return { ...to, changedAt: moment.at, before: { revision, endpoints: endpoints(from, moment) } };
};

/** What `decide` is shown of it; `asked` are the digests that it should carry. */
export const viewOf = (workload: Workload, asked: Digests | undefined, moment: Moment): WorkloadView => {
  const ready = isReady(workload, moment);
  const count = endpoints(workload, moment);
  const { revision, replicas, digests } = workload;
  return {
    revision,
    pinned: asked === undefined || digests?.['podinfo'] === asked['podinfo'],
    replicas,
    readyReplicas: count,
    ready,
    endpoints: count,
    ...(ready ? { digests: digestsOf(revision) } : { waiting: 'Pod podinfo-x: ImagePullBackOff' }),
    deadlineExceeded: false,
    keepsCapacity: moment.story.keepsCapacity ?? true,
    deleting: false,
  };
};
