import type { KubeObject } from '../../lib/kube-object.ts';
import type { FieldProblem } from './status.ts';

export type AdmissionContext = {
  /** The object that is about to be replaced; absent on creation. */
  readonly old?: KubeObject;
  /** Who asks. The sandbox's own controllers are their manager's name. */
  readonly user: string;
};

/** The object with its defaults, or what is wrong with it. */
export type Verdict = { readonly object: KubeObject } | { readonly problems: readonly FieldProblem[] };

/** Fills in defaults and validates one kind: what a webhook or the built-in rules of an API server do. */
export type Admission = (object: KubeObject, context: AdmissionContext) => Verdict;

/** What is done for one kind on top of what holds for every object. */
export type KindRules = {
  readonly admit?: Admission;
  /** Fills in what the server allocates on creation, after admission; nobody owns these fields. */
  readonly allocate?: (object: KubeObject) => KubeObject;
};

/** One hook after the other, each with what the one before made. */
export const admitAll = (hooks: readonly Admission[], object: KubeObject, context: AdmissionContext): Verdict => {
  let current = object;
  for (const admit of hooks) {
    const verdict = admit(current, context);
    if ('problems' in verdict) return verdict;
    current = verdict.object;
  }
  return { object: current };
};
