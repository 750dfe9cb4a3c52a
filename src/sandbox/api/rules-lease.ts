import { numberAt } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { invalidValue } from './metadata.ts';
import { checkMicroTimes } from './micro-times.ts';
import type { FieldProblem } from './status.ts';

const TIMES = [
  ['spec', 'acquireTime'],
  ['spec', 'renewTime'],
];

/** An empty holder is right: it is a Lease that was given back. */
export const leaseRules: KindRules = {
  admit: (object) => {
    checkMicroTimes(object, TIMES);
    const problems: FieldProblem[] = [];
    const seconds = numberAt(object, 'spec', 'leaseDurationSeconds') ?? 1;
    if (seconds <= 0) {
      problems.push({ field: 'spec.leaseDurationSeconds', message: invalidValue(seconds, 'must be greater than 0') });
    }
    const transitions = numberAt(object, 'spec', 'leaseTransitions') ?? 0;
    if (transitions < 0) {
      const message = invalidValue(transitions, 'must be greater than or equal to 0');
      problems.push({ field: 'spec.leaseTransitions', message });
    }
    return problems.length === 0 ? { object } : { problems };
  },
};
