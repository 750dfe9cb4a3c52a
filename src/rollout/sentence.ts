import type { CheckStatus, RunStatus } from '../api/canary-status.ts';
import type { Outcome } from '../api/words.ts';
import { CAPS } from './limits.ts';
import { apart, withUnit } from './number-text.ts';
import { spanText, timeMs } from './time.ts';

/** A message as it stands inside a sentence: `no data: …`. Other messages begin with a name. */
const inside = (text: string): string => text.replace(/^No\b/, 'no');

/** A check in words: `request-success-rate 48.2 % is below 99 %`. */
export const checkText = ({ name, value, min, max, unit, verdict, message }: CheckStatus): string => {
  if (value === undefined || verdict === 'noData' || verdict === 'error')
    return `${name}: ${inside(message ?? 'No data')}`;
  if (min !== undefined && value < min)
    return `${name} ${apart(value, { limit: min, unit })} is below ${withUnit(min, unit)}`;
  if (max !== undefined && value > max)
    return `${name} ${apart(value, { limit: max, unit })} is above ${withUnit(max, unit)}`;
  const measured = `${name} ${withUnit(value, unit)}`;
  return verdict === 'fail' ? `${measured} fails` : measured;
};

const VERBS: Readonly<Record<Outcome, string>> = {
  Promoted: 'Promoted',
  FastPromoted: 'Promoted without analysis',
  RolledBack: 'Rolled back',
  Aborted: 'Aborted',
  Superseded: 'Superseded',
  Withdrawn: 'Withdrawn',
  Inconclusive: 'Ended without a verdict',
};

/** The one sentence of an outcome: `Rolled back at 20 % after 14 s: <reason>`; the time is the run's. */
export const outcomeSentence = (
  run: RunStatus,
  outcome: Outcome,
  how: { readonly reason: string; readonly now: number },
): string => {
  const where = run.weight.set === 0 ? '' : ` at ${run.weight.set} %`;
  const sentence = `${VERBS[outcome]}${where} after ${spanText(how.now - timeMs(run.startedAt))}: ${how.reason}`;
  return sentence.length <= CAPS.sentence ? sentence : `${sentence.slice(0, CAPS.sentence - 1)}…`;
};
