import type { CheckStatus, Digests, Images, SourceStatus, StepStatus } from './canary-status.ts';
import type { Cause, Outcome } from './words.ts';

/** `spec` of a CanaryRun: one finished run, written once. */
export type RunRecord = {
  readonly canaryRef: { readonly name: string };
  /** Run id. */
  readonly run: string;
  readonly revision: string;
  readonly previous: string;
  readonly images: Images;
  readonly digests?: Digests;
  readonly strategy: 'canary';
  readonly provider: string;
  readonly source?: SourceStatus;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: Outcome;
  readonly cause?: Cause;
  readonly sentence: string;
  readonly steps: readonly StepStatus[];
  readonly checks: readonly CheckStatus[];
};
