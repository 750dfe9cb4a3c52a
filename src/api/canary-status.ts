import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { namedList } from './field.ts';
import { salvage } from './salvage.ts';
import { TARGET_KINDS } from './target-kinds.ts';
import { CAUSES, CONDITION_TYPES, HOOK_TYPES, OUTCOMES, PHASES, STRATEGIES, TOPICS, VERBS } from './words.ts';

/** A field that may be absent, never `undefined`. */
const maybe = z.exactOptional;
const time = z.string();
const words = z.record(z.string(), z.string());
const images = words.default({}).describe('Container name to image reference as it stands in Git.');
const digests = maybe(words).describe('Container name to sha256:… as seen running in the canary.');
const outcome = z.enum(OUTCOMES);
const cause = maybe(z.enum(CAUSES)).describe('Why it ended so.');

/** One condition; `type` is open, because every kind has its own. */
export const conditionStatus = z.object({
  type: z.string().describe('Kind of condition.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().describe('One word, from the closed list of reasons.'),
  message: z.string().default('').describe('One sentence for people.'),
  lastTransitionTime: time.describe('When status changed last.'),
  observedGeneration: z.int().default(0).describe('Generation that it speaks of.'),
});
const condition = conditionStatus.extend({ type: z.enum(CONDITION_TYPES).describe('Kind of condition.') });
export type Condition = DeepReadonly<z.output<typeof condition>>;

/** Container name → image reference as it stands in Git. */
export type Images = Readonly<Record<string, string>>;
/** Container name → `sha256:…` as seen running in the canary. */
export type Digests = Readonly<Record<string, string>>;

const stable = z.object({
  revision: z.string().describe('Revision that serves.'),
  hash: z.string().describe('Canonical hash of its template, for equality across clusters and for Git.'),
  images,
  digests,
  since: time.describe('Since when it serves.'),
  lastGood: maybe(z.string()).describe('Revision that was stable before; what a failed promotion goes back to.'),
});
export type StableStatus = DeepReadonly<z.output<typeof stable>>;

const source = z.object({
  commit: z.string().describe('Commit that brought the revision.'),
  author: maybe(z.string()).describe('Its author.'),
  subject: maybe(z.string()).describe('First line of its message.'),
});
export type SourceStatus = DeepReadonly<z.output<typeof source>>;

/** What a person did to a run. */
export const actionStatus = z.object({
  name: z.string().describe('Name of the CanaryAction.'),
  verb: z.enum(VERBS).describe('What was asked.'),
  by: z.string().describe('Who asked.'),
  at: time.describe('When it was done.'),
  gate: maybe(z.string()).describe('Gate that was meant.'),
  reason: maybe(z.string()).describe('Why, in their words.'),
});
export type ActionStatus = DeepReadonly<z.output<typeof actionStatus>>;

const desired = z.object({
  revision: z.string().describe('Revision that Git asks for.'),
  hash: z.string().describe('Canonical hash of its template.'),
  since: time.describe('When it was first seen.'),
  source: maybe(source).describe('Commit that it comes from.'),
  run: maybe(z.string()).describe('The run that judges or has judged it; absent until one has begun.'),
  retry: maybe(actionStatus).describe('By whom it is run once more.'),
});
export type DesiredStatus = DeepReadonly<z.output<typeof desired>>;

/** One metric's answer over one window. `noData` and `error` are no evidence: never a pass. */
export const checkStatus = z.object({
  name: z.string().describe('Name of the metric.'),
  at: time.describe('End of the window, RFC 3339.'),
  value: maybe(z.number()).describe('What was measured.'),
  min: maybe(z.number()).describe('Lowest value that passes.'),
  max: maybe(z.number()).describe('Highest value that passes.'),
  unit: maybe(z.string()).describe('Unit of the value.'),
  verdict: z.enum(['pass', 'fail', 'noData', 'error']).describe('noData and error are no evidence: never a pass.'),
  message: maybe(z.string()).describe('Why, in words.'),
  query: maybe(z.string()).describe('The query as it was asked.'),
  dryRun: maybe(z.boolean()).describe('Measured, not counted.'),
});
export type CheckStatus = DeepReadonly<z.output<typeof checkStatus>>;

/** How far it was proven that traffic had moved, from weakest to strongest. */
const LEVELS = ['written', 'observed', 'accepted', 'programmed'] as const;

/** One weight that the run has held. */
export const stepStatus = z.object({
  index: z.int().describe('Number of the step, from 1.'),
  weight: z.number().describe('Percent that went to the canary.'),
  mirror: maybe(z.number()).describe('Percent of the requests that were mirrored to it.'),
  matched: maybe(z.literal(true)).describe('The requests that the Canary matches went to it.'),
  from: time.describe('When it began.'),
  to: maybe(time).describe('When it ended.'),
  level: maybe(z.enum(LEVELS)).describe(
    "How far it was proven that traffic had moved when it was judged: written, observed (in the plane's counters), accepted (by the plane), programmed (taken by its proxies).",
  ),
});
export type StepStatus = DeepReadonly<z.output<typeof stepStatus>>;

const requestMatch = z
  .array(
    z.object({
      on: z.enum(['header', 'cookie', 'query']).describe('What of the request is compared.'),
      name: z.string().describe('Its name.'),
      op: z.enum(['exact', 'prefix', 'regex']).describe('How; a regular expression matches the whole value.'),
      value: z.string().describe('With what.'),
    }),
  )
  .describe('Conditions that all hold.');

/** A hook that was called, with its last answer. */
export const hookStatus = z.object({
  name: z.string().describe('Name of the hook.'),
  type: z.enum(HOOK_TYPES).describe('When it is called.'),
  at: time.describe('When it answered last.'),
  calls: z.int().describe('Calls whose answer was noted: a gate that says no in the same words is not noted anew.'),
  failures: maybe(z.int()).describe('How many of them failed; the no of a gate or rollback hook is no failure.'),
  passed: z.boolean().describe('Whether the last answer was 2xx.'),
  detail: maybe(z.string()).describe('The last answer, in words.'),
});
export type HookStatus = DeepReadonly<z.output<typeof hookStatus>>;

/** A gate that a run has come to; it counts for this run alone. */
export const gateStatus = z.object({
  name: z.string().describe('Name of the hook that is the gate.'),
  type: z.enum(HOOK_TYPES).describe('What it holds up.'),
  step: z.int().describe('Step at which it was met; 0 before the first.'),
  since: time.describe('Since when it was asked.'),
  state: z.enum(['Waiting', 'Open', 'Approved', 'Rejected', 'Expired']).describe('Open: the hook said yes.'),
  at: maybe(time).describe('When it stopped waiting.'),
  by: maybe(z.string()).describe('Who approved or rejected it.'),
  reason: maybe(z.string()).describe('Why, in their words; or what the hook said last.'),
  deadline: maybe(time).describe('When waiting ends the run.'),
});
export type GateStatus = DeepReadonly<z.output<typeof gateStatus>>;

/** A change of the Canary's spec in the middle of a run. */
export const specChangeStatus = z.object({
  at: time.describe('When it was first acted on.'),
  generation: z.int().describe('Generation of the spec.'),
  what: z.string().describe('What it meant for the run.'),
});

const affinity = z.object({
  cookie: z.string().describe("Name of the canary's cookie."),
  primaryCookie: z.string().describe("Name of the primary's cookie."),
  version: z.string().describe('What the values of this run begin with.'),
  attributes: z
    .object({
      maxAge: maybe(z.number()).describe('Seconds.'),
      domain: maybe(z.string()).describe('Domain.'),
      path: maybe(z.string()).describe('Path.'),
      httpOnly: maybe(z.boolean()).describe('HttpOnly.'),
      secure: maybe(z.boolean()).describe('Secure.'),
      sameSite: maybe(z.enum(['Lax', 'Strict', 'None'])).describe('SameSite.'),
      partitioned: maybe(z.boolean()).describe('Partitioned.'),
    })
    .default({})
    .describe('Of the cookies.'),
  previousWeight: maybe(z.number()).describe(
    'Percent of the step before, whose clients of the primary are drawn again.',
  ),
});

/** Where a run is. `ending` begins with the outcome and lasts until its traffic has drained and the record is written. */
const RUN_STAGES = ['scaling', 'shifting', 'promoting', 'returning', 'ending'] as const;

const run = z.object({
  id: z.string().describe('<revision>-<n>; n counts the runs of this Canary.'),
  revision: z.string().describe('Revision under judgement.'),
  hash: z.string().describe('Canonical hash of its template.'),
  images,
  previous: z.string().describe('Revision that serves meanwhile.'),
  strategy: z.enum(STRATEGIES).catch('canary').describe('How the version gets traffic.'),
  direction: maybe(z.literal('backward')).describe('The revision is older than the stable one.'),
  source: maybe(source).describe('Commit that it comes from.'),
  startedAt: time.describe('Start of the run.'),
  // A stage that only a newer version knows is taken up again at its beginning, where nothing is exposed unseen.
  stage: z.enum(RUN_STAGES).catch('scaling').describe('Where the run is.'),
  stageSince: time.describe('Start of the stage.'),
  step: z.int().describe('Steps whose weight has been set; 0 before the first.'),
  weight: z
    .object({
      set: z.number().describe('Percent, as written.'),
      mirror: maybe(z.number()).describe('Percent of the requests that are mirrored.'),
      matched: maybe(z.literal(true)).describe('The requests of `match` go to the canary.'),
      since: time.describe('Since when.'),
    })
    .describe('What the canary gets.'),
  match: maybe(z.array(requestMatch)).describe('Requests that go to the canary, as asked for when the run began.'),
  affinity: maybe(affinity).describe('Cookies by which clients stay on their side.'),
  passed: maybe(z.int()).describe('Windows of this step that passed, where a step needs more than one.'),
  generation: maybe(z.int()).describe('Generation of the spec that the run last went by.'),
  changes: maybe(z.array(specChangeStatus)).describe('Changes of the spec in the middle of the run.'),
  paused: maybe(
    z.object({
      since: time.describe('Since when.'),
      by: maybe(z.string()).describe('Who paused it; absent for spec.suspend.'),
      reason: maybe(z.string()).describe('Why, in their words.'),
    }),
  ).describe('It goes no further until it is resumed; it is judged all the same.'),
  fast: maybe(z.string()).describe('Why it is promoted without (full) analysis.'),
  advance: maybe(z.string()).describe('Who has asked to go on to the next step at once.'),
  skipped: maybe(z.string()).describe('Why not every step was judged.'),
  gates: maybe(z.array(gateStatus)).describe('Gates that the run has come to.'),
  hooks: maybe(z.array(hookStatus)).describe('Hooks that were called.'),
  actions: maybe(z.array(actionStatus)).describe('What people did to it.'),
  windowEnd: maybe(time).describe('End of the last window that was judged at this weight.'),
  consecutiveFailed: maybe(z.int()).describe('Windows in a row that failed.'),
  consecutiveNoData: maybe(z.int()).describe('Windows in a row that gave no evidence.'),
  noDataSince: maybe(time).describe('Since when there is no evidence.'),
  metricFailures: maybe(z.record(z.string(), z.int())).describe('Failures of each metric with a failureLimit.'),
  checks: z.array(checkStatus).default([]).describe("The last window's checks."),
  kept: z.array(checkStatus).default([]).describe('Checks worth keeping for the record: firsts, lasts, failures.'),
  steps: z.array(stepStatus).default([]).describe('Weights that the run has held.'),
  digests,
  deadline: maybe(time).describe('When the stage fails.'),
  restarts: maybe(z.int()).describe('How often the run has started over because the canary lost every ready pod.'),
  held: maybe(z.string()).describe('Why only a person can help.'),
  next: maybe(z.object({ at: maybe(time).describe('When.'), action: z.string().describe('What, in words.') })).describe(
    'What comes next.',
  ),
  outcome: maybe(outcome).describe('How it ended.'),
  cause,
  sentence: maybe(z.string()).describe('What happened and why, with the numbers.'),
  endedAt: maybe(time).describe('End of the run.'),
});
export type RunStatus = DeepReadonly<z.output<typeof run>>;

const quarantine = z.object({
  revision: z.string().describe('Revision that failed.'),
  hash: z.string().describe('Canonical hash of its template.'),
  images,
  run: z.string().describe('Run that it failed in.'),
  since: time.describe('Since when.'),
});
export type QuarantineStatus = DeepReadonly<z.output<typeof quarantine>>;

const outbox = z.object({
  id: z.string().describe('Deterministic: the same decision gives the same id on any replica, after any restart.'),
  kind: z.enum(['record', 'revert', 'message', 'hook']).describe('What is to be done.'),
  topic: maybe(z.enum(TOPICS)).describe('What a message is about.'),
  run: maybe(z.string()).describe('Run that it tells of; absent for the take-over.'),
  provider: maybe(z.string()).describe('NotificationProvider, as namespace/name, or AlertProvider namespace/name.'),
  hook: maybe(z.string()).describe('Name of the hook that is called after the run.'),
  state: z.enum(['Pending', 'Refused']).describe('Refused: a person must act.'),
  reason: maybe(z.enum(['GitRefused', 'GitSuperseded'])).describe('Why Git was not written.'),
  attempts: z.int().default(0).describe('Attempts so far.'),
  result: maybe(z.string()).describe('What the last attempt gave.'),
  since: time.describe('When it was decided.'),
});
/** An effect on the outside that is not confirmed yet: a commit, a message, or the call of a hook after a run. */
export type OutboxStatus = DeepReadonly<z.output<typeof outbox>>;

/** What becomes known of a run after its record was written. Each is told once and stays as it is. */
export const runNotes = z.object({
  commit: maybe(z.string()).describe('Commit that tells the outcome.'),
  pullRequest: maybe(z.string()).describe('Pull request that tells the outcome.'),
  unwritten: maybe(z.string()).describe('Why Git does not tell the outcome, where it was to.'),
  hooks: maybe(namedList(hookStatus, 64)).describe('Hooks that were called after the run, with their answers.'),
});
export type RunNotes = DeepReadonly<z.output<typeof runNotes>>;

const history = z.object({
  id: z.string().describe('Id of the run.'),
  revision: z.string().describe('Revision that was judged.'),
  previous: z.string().describe('Revision that served meanwhile.'),
  images,
  previousImages: words.default({}).describe('Images of the stable revision at its end: what a revert goes back to.'),
  digests,
  hash: z.string().describe('Canonical hash of its template.'),
  outcome: outcome.describe('How it ended.'),
  cause,
  sentence: z.string().default('').describe('What happened and why, with the numbers.'),
  startedAt: time.describe('Start of the run.'),
  endedAt: time.describe('End of the run.'),
  source: maybe(source).describe('Commit that it came from.'),
  requestedBy: maybe(z.string()).describe('Who has ended it so, where a person did.'),
  reason: maybe(z.string()).describe('Why, in their words.'),
  approvedBy: maybe(z.array(z.string())).describe('Who has opened its gates.'),
  ...runNotes.shape,
});
export type HistoryStatus = DeepReadonly<z.output<typeof history>>;

const answer = z.object({
  name: z.string().describe('Name of the CanaryAction.'),
  state: z.enum(['Done', 'Refused']).describe('What became of it.'),
  message: maybe(z.string()).describe('The answer in words, until the CanaryAction tells it.'),
});
/** What became of a CanaryAction. */
export type AnswerStatus = DeepReadonly<z.output<typeof answer>>;

const adopted = z.object({
  replicas: z.int().describe("The target's replicas."),
  kind: maybe(z.enum(TARGET_KINDS)).describe('Kind of the target; absent where it is a Deployment.'),
  target: maybe(z.string()).describe('Name of the target.'),
  service: maybe(z.string()).describe('Name of the apex Service.'),
  provider: maybe(z.string()).describe('Data plane; absent in what older versions have taken over.'),
  routeRef: maybe(z.string()).describe('Name of the route, where one was adopted.'),
  ingressRef: maybe(z.string()).describe('Name of the Ingress whose traffic is split.'),
  scaledObject: maybe(z.string()).describe('Name of the ScaledObject that is held paused.'),
});
/** What was there before Serin, for the finalizer, and under which names. */
export type AdoptedStatus = DeepReadonly<z.output<typeof adopted>>;

const outage = z.object({
  since: time.describe('Since when.'),
  told: maybe(z.literal(true)).describe('Absent until people have been called.'),
});

/** `status` of a Canary: everything that a restart needs; never a template, never a config's content. */
export const canaryStatus = z.object({
  observedGeneration: maybe(z.int()).describe('Generation of the spec that this speaks of.'),
  phase: maybe(z.enum(PHASES)).describe("Where the Canary is, in Flagger's words."),
  canaryWeight: maybe(z.number()).describe('Percent that goes to the canary.'),
  failedChecks: maybe(z.int()).describe('Failed windows of the run.'),
  iterations: maybe(z.int()).describe('Intervals of the run, for blue/green and A/B.'),
  lastTransitionTime: maybe(time).describe('When phase changed last.'),
  conditions: z
    .array(condition)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .describe('Ready, Reconciling, Stalled, Promoted, GitSynced.'),
  stable: maybe(stable).describe('What serves.'),
  desired: maybe(desired).describe('What Git asks for.'),
  run: maybe(run).describe('The run that is going on.'),
  runs: maybe(z.int()).describe("Runs begun so far; the next run's number is one more."),
  adopted: maybe(adopted).describe('What was there before Serin.'),
  outage: maybe(outage).describe('No pod that could answers the users: since when.'),
  floor: maybe(
    z.object({
      replicas: z.int().describe('Replicas.'),
      until: maybe(time).describe('Until when; absent while a run or the take-over is under way.'),
    }),
  ).describe("Fewest replicas that the primary's autoscaler may go down to, whatever it is asked for."),
  quarantine: z.array(quarantine).default([]).describe('Revisions that failed and are not tried again by themselves.'),
  outbox: z.array(outbox).default([]).describe('Effects on the outside that are not confirmed yet.'),
  history: z.array(history).default([]).describe('The last 10 runs; each in full in its CanaryRun.'),
  handled: maybe(z.array(answer)).describe('The last CanaryActions that were done or refused.'),
});
export type CanaryStatus = DeepReadonly<z.output<typeof canaryStatus>>;

/**
 * The status that was stored, by whichever version of Serin: what cannot be understood (a word of a newer version, a
 * list item without its id) is left out, the rest is kept. Never throws.
 */
export const parseCanaryStatus = (stored: unknown): CanaryStatus => salvage(canaryStatus, stored) ?? NO_STATUS;

const NO_STATUS: CanaryStatus = { conditions: [], quarantine: [], outbox: [], history: [] };
