import type { CheckStatus } from '../../api/canary-status.ts';
import type { Outcome, Phase } from '../../api/words.ts';
import { assertNever } from '../../lib/assert-never.ts';
import type { Mark } from './style.ts';

/** Which mark a phase, an outcome and a check are shown with. */
export const phaseMark = (phase: Phase): Mark => {
  switch (phase) {
    case 'Initializing':
    case 'Progressing':
    case 'Promoting':
    case 'Finalising':
      return 'progressing';
    case 'Initialized':
    case 'Succeeded':
      return 'good';
    case 'Waiting':
    case 'WaitingPromotion':
      return 'held';
    case 'Failed':
      return 'bad';
    case 'Terminating':
      return 'neutral';
    default:
      return assertNever(phase, 'phase');
  }
};

export const outcomeMark = (outcome: Outcome): Mark => {
  switch (outcome) {
    case 'Promoted':
    case 'FastPromoted':
      return 'good';
    case 'RolledBack':
    case 'Aborted':
      return 'bad';
    case 'Inconclusive':
      return 'unknown';
    case 'Superseded':
    case 'Withdrawn':
      return 'neutral';
    default:
      return assertNever(outcome, 'outcome');
  }
};

export const checkMark = ({ verdict }: CheckStatus): Mark =>
  verdict === 'pass' ? 'good' : verdict === 'fail' ? 'bad' : 'unknown';
