import type { Problem } from '../../api/problem.ts';
import type { Observed } from '../observed.ts';
import { type Turn, turn } from '../turn.ts';

/** What a person must put right first; a target that is not there is told like any other mistake. */
export const problemsOf = ({ problems, target, canary }: Observed): readonly Problem[] => {
  if (problems.length > 0 || target !== undefined) return problems;
  const { kind, name } = canary.spec.targetRef;
  const message = `${kind} ${canary.namespace}/${name} does not exist: create it, or name another in spec.targetRef`;
  return [{ where: 'spec.targetRef', message, reason: 'InvalidSpec' }];
};

/** Problems in one sentence: where and what. */
export const problemText = (problems: readonly Problem[]): string =>
  problems.map(({ where, message }) => `${where}: ${message}`).join('; ');

/** Something is wrong with the Canary itself: it is said once, and nothing is raised, written or ended. */
export const stalled = (observed: Observed, problems: readonly Problem[]): Turn => {
  const { conditions } = observed.status;
  const note = problemText(problems);
  const before = conditions.find(({ type }) => type === 'Stalled');
  const known = before?.status === 'True' && before.message === note;
  const [first] = problems;
  return turn(observed.status, {
    events: known || first === undefined ? [] : [{ reason: first.reason, note }],
  });
};
