import type { CanaryStatus } from '../api/canary-status.ts';
import type { Problem } from '../api/problem.ts';
import type { GitInspection } from '../git/inspection.ts';
import { keyOf } from '../lib/kube-object.ts';
import { viaOf } from '../rollout/git-operation.ts';
import type { GitView } from '../rollout/observed.ts';
import { isForGit } from '../rollout/outbox.ts';
import { imagesOf, templateOf } from '../workload/pod-template.ts';
import type { GitInspections } from './git-inspections.ts';
import type { GitObservation } from './observe-git.ts';
import type { Scene } from './scene.ts';
import { workloadRef } from './wanted-objects.ts';

type GitOn = Extract<GitView, { readonly mode: 'on' }>;

/** What is known to keep the outcomes of this Canary out of Git, and what that means. */
export const observeInspection = (
  scene: Scene,
  { git, version }: GitObservation,
  {
    cluster,
    inspections,
    outbox,
  }: {
    readonly cluster: string;
    readonly inspections: GitInspections;
    readonly outbox: CanaryStatus['outbox'];
  },
): readonly Problem[] => {
  const key = keyOf(scene.object.metadata);
  const inspection = git.mode === 'on' ? inspectionOf(scene, git, cluster) : undefined;
  if (inspection === undefined) {
    inspections.forget(key);
    return [];
  }
  // A refusal means that something has broken since the last look.
  const refused = outbox.filter((entry) => isForGit(entry) && entry.state === 'Refused').map(({ id }) => id);
  const problems = inspections.problemsOf(key, { inspection, version: [version, ...refused].join(' ') });
  return problems.map((problem, index) =>
    index < problems.length - 1 ? problem : { ...problem, message: `${problem.message}; ${CONSEQUENCE}` },
  );
};

const CONSEQUENCE = 'until then nothing begins, because its outcome could not be written';

/** What the outcomes of this Canary will need of Git; undefined when none are written, or the target is not there. */
const inspectionOf = (scene: Scene, git: GitOn, cluster: string): GitInspection | undefined => {
  const { canary, names, view } = scene;
  const { repository, path, branch, onFailure, onSuccess } = git;
  const target = view.get(workloadRef(scene, names.target));
  if (target === undefined || (onFailure === 'none' && onSuccess === 'none')) return undefined;
  const reverts = onFailure !== 'none' && onFailure !== 'record';
  const containers = Object.keys(imagesOf(templateOf(target)));
  return {
    cluster,
    canary: { namespace: canary.namespace, name: canary.name },
    target: { kind: canary.spec.targetRef.kind, name: names.target },
    repository,
    path,
    branch,
    ...(reverts ? { revert: { via: viaOf(git), containers } } : {}),
  };
};
