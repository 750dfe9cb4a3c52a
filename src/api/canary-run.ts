import { z } from 'zod';
import {
  actionStatus,
  checkStatus,
  gateStatus,
  hookStatus,
  runNotes,
  specChangeStatus,
  stepStatus,
} from './canary-status.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { CAUSES, OUTCOMES, STRATEGIES } from './words.ts';

const words = z.record(z.string(), z.string());

/** `spec` of a CanaryRun: one finished run, written once by Serin. */
export const canaryRunSpec = z.strictObject({
  canaryRef: z.strictObject({ name: z.string().describe('Name of the Canary.') }).describe('The Canary.'),
  run: z.string().describe('Id of the run, <revision>-<n>.'),
  revision: z.string().describe('Revision that was judged.'),
  previous: z.string().describe('Revision that served meanwhile.'),
  images: words.describe('Container name to image reference as it stands in Git.'),
  digests: z.exactOptional(words).describe('Container name to sha256:… as seen running in the canary.'),
  strategy: z.enum(STRATEGIES).describe('How the version got traffic.'),
  direction: z.exactOptional(z.literal('backward')).describe('The revision is older than the one that served.'),
  provider: z.string().describe('Data plane.'),
  source: z
    .exactOptional(
      z.strictObject({
        commit: z.string().describe('Commit that brought the revision.'),
        author: z.exactOptional(z.string()).describe('Its author.'),
        subject: z.exactOptional(z.string()).describe('First line of its message.'),
      }),
    )
    .describe('Where the revision came from.'),
  startedAt: z.string().describe('Start, RFC 3339.'),
  endedAt: z.string().describe('End, RFC 3339.'),
  outcome: z.enum(OUTCOMES).describe('How it ended.'),
  cause: z.exactOptional(z.enum(CAUSES)).describe('Why it ended so.'),
  sentence: z.string().describe('What happened and why, with the numbers.'),
  steps: z.array(stepStatus).max(256).describe('Weights that the run has held.'),
  checks: z.array(checkStatus).max(256).describe('Checks worth keeping: firsts, lasts, failures.'),
  gates: z.exactOptional(z.array(gateStatus).max(64)).describe('Gates that the run came to, and who opened them.'),
  hooks: z.exactOptional(z.array(hookStatus).max(64)).describe('Hooks that were called, with their last answers.'),
  actions: z.exactOptional(z.array(actionStatus).max(64)).describe('What people did to it.'),
  changes: z.exactOptional(z.array(specChangeStatus).max(64)).describe('Changes of the spec in the middle of it.'),
});
export type RunRecord = DeepReadonly<z.output<typeof canaryRunSpec>>;

/** `status` of a CanaryRun: what became known after the record was written, as `status.history` tells it. */
export const canaryRunStatus = z.looseObject(runNotes.shape);
