import type { CheckStatus } from '../api/canary-status.ts';

/** How one metric counts. */
export type Rule = { readonly name: string; readonly dryRun: boolean };

/** What one window says of the canary. Absence of evidence is neither good nor bad: it never raises a weight. */
export type Judgement =
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'fail'; readonly failing: readonly [CheckStatus, ...CheckStatus[]] }
  | { readonly verdict: 'noEvidence'; readonly missing: readonly [CheckStatus, ...CheckStatus[]] };

const unanswered = (rule: Rule): CheckStatus => ({
  name: rule.name,
  at: '',
  verdict: 'noData',
  message: 'not measured',
});

/** The answer as it counts: a pass without a number is none. */
const counted = (check: CheckStatus): CheckStatus =>
  check.verdict === 'pass' && !Number.isFinite(check.value) ? { ...check, verdict: 'noData' } : check;

const isSome = <T>(items: readonly T[]): items is readonly [T, ...T[]] => items.length > 0;

/**
 * Judges the answers of one window by thresholds: one failing metric fails it, one without an answer leaves it
 * undecided, and it passes only when every metric that counts has answered well. Metrics in `dryRun` never count.
 */
export const judgeWindow = (checks: readonly CheckStatus[], rules: readonly Rule[]): Judgement => {
  const answers = rules
    .filter((rule) => !rule.dryRun)
    .map((rule) => counted(checks.find((check) => check.name === rule.name) ?? unanswered(rule)));
  const failing = answers.filter((check) => check.verdict === 'fail');
  if (isSome(failing)) return { verdict: 'fail', failing };
  const missing = answers.filter((check) => check.verdict !== 'pass');
  if (isSome(missing)) return { verdict: 'noEvidence', missing };
  return { verdict: 'pass' };
};
