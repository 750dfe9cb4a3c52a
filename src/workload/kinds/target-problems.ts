import { CANARY_UID_LABEL } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { recordAt } from '../../lib/json.ts';
import { type KubeObject, keyOf } from '../../lib/kube-object.ts';

/** A problem of an object that a person has to change. */
export const problemOf = (object: KubeObject, message: string): Problem => ({
  where: `${object.kind} ${keyOf(object.metadata)}`,
  message,
  reason: 'InvalidSpec',
});

/** A target that is another Canary's copy. */
export const copyProblems = (target: KubeObject): readonly Problem[] =>
  target.metadata.labels?.[CANARY_UID_LABEL] === undefined
    ? []
    : [problemOf(target, `it was made by Serin for another Canary; want the ${target.kind} that stands in Git`)];

/** What is wrong with a target that runs pods. */
export const targetPodProblems = (target: KubeObject): readonly Problem[] => {
  const copied = copyProblems(target);
  if (copied.length > 0) return copied;
  if (Object.keys(recordAt(target, 'spec', 'selector', 'matchLabels')).length > 0) return [];
  const message = 'spec.selector has no matchLabels, from which a Service could select its pods; want at least one';
  return [problemOf(target, message)];
};
