import type { CanaryStatus, Condition } from '../api/canary-status.ts';
import { isRecord, type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';

/** `status` of a flagger.app Canary. */
export const statusEntries: readonly FieldEntry[] = entriesAt('status', {
  shownBy: 'test/flagger/project-status.test.ts',
  rows: [
    ['phase', 'written', 'Flagger’s phases, in its order.', 'test/flagger/life.test.ts'],
    ['failedChecks', 'written', 'Failed checks of the run.'],
    ['canaryWeight', 'written', 'Percent that goes to the canary.'],
    ['iterations', 'written', 'Intervals of the run, for blue/green and A/B.'],
    ['trackedConfigs', 'written', 'configmap/x or secret/x to 16 digits of a hash over type, data and binaryData.'],
    ['lastAppliedSpec', 'written', 'The version that Git asks for: Serin’s own hash, with `serin:` in front.'],
    ['lastPromotedSpec', 'written', 'The version that serves: Serin’s own hash, with `serin:` in front.'],
    ['lastTransitionTime', 'written', 'Changes with the phase only.'],
    ['sessionAffinityCookie', 'written', 'Name of the canary’s cookie in a run, and what its value begins with.'],
    [
      'primarySessionAffinityCookie',
      'written',
      'Name of the primary’s cookie in a run, and what its value begins with.',
    ],
    [
      'previousSessionAffinityCookie',
      'no effect',
      'Serin’s cookies carry their run in their value, and old ones are let expire.',
    ],
    [
      'conditions',
      'written',
      '`Promoted` with the phase as its reason, in Serin’s words; `Stalled` while a person must act.',
    ],
    ['conditions[].**', 'written', 'See status.conditions.'],
  ],
});

/** What is wrong for as long as only a person can mend it. */
export type Stalled = { readonly reason: string; readonly message: string; readonly since: string };

type FlaggerCondition = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly lastUpdateTime: string;
};

const conditionOf = ({ type, status, reason, message, lastTransitionTime }: Condition): FlaggerCondition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime,
  lastUpdateTime: lastTransitionTime,
});

/** The conditions of a stored status but for one type. */
const others = (stored: unknown, type: string): readonly JsonRecord[] =>
  listAt(stored, 'conditions')
    .filter(isRecord)
    .filter((condition) => stringAt(condition, 'type') !== type);

const stalledCondition = ({ reason, message, since }: Stalled): FlaggerCondition => ({
  type: 'Stalled',
  status: 'True',
  reason,
  message,
  lastTransitionTime: since,
  lastUpdateTime: since,
});

/** The message of a Stalled condition that stands in a stored status. */
export const stalledMessage = (stored: unknown): string | undefined =>
  stringAt(
    listAt(stored, 'conditions').find((condition) => stringAt(condition, 'type') === 'Stalled'),
    'message',
  );

/** The stored status with the Stalled condition put there or taken away, and nothing else changed. */
export const withStalled = (stored: unknown, stalled: Stalled | undefined): JsonRecord => {
  const rest = others(stored, 'Stalled');
  if (stalled === undefined && rest.length === listAt(stored, 'conditions').length)
    return isRecord(stored) ? stored : {};
  return {
    ...(isRecord(stored) ? stored : {}),
    conditions: [...rest, ...(stalled === undefined ? [] : [stalledCondition(stalled)])],
  };
};

const hashText = (hash: string | undefined): string | undefined =>
  hash === undefined ? undefined : `serin:${hash.slice(0, 16)}`;

const whereDefined = (fields: Readonly<Record<string, unknown>>): JsonRecord =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The cookies of a run, as name and beginning of the value; none where no run keeps clients on their side. */
const cookiesOf = (run: CanaryStatus['run']): JsonRecord => {
  const { affinity } = run ?? {};
  return {
    sessionAffinityCookie: affinity && `${affinity.cookie}=${affinity.version}`,
    primarySessionAffinityCookie: affinity && `${affinity.primaryCookie}=${affinity.version}`,
  };
};

/**
 * The status of a flagger.app Canary, from that of its shadow: in Flagger's shape, for scripts that poll it and for
 * `kubectl wait --for=condition=promoted`. What Serin does not keep stays as it is stored.
 */
export const projectStatus = (
  stored: unknown,
  {
    status,
    trackedConfigs,
    stalled,
  }: {
    readonly status: CanaryStatus;
    /** `configmap/x` or `secret/x` to a hash of its content; undefined while one has not been read. */
    readonly trackedConfigs: Readonly<Record<string, string>> | undefined;
    /** What only the translation knows; the shadow's own condition counts where it is absent. */
    readonly stalled?: Stalled | undefined;
  },
): JsonRecord => {
  const { phase, failedChecks, canaryWeight, iterations, desired, stable, run, conditions } = status;
  const promoted = conditions.find(({ type }) => type === 'Promoted');
  const stuck = conditions.find(({ type, status: state }) => type === 'Stalled' && state === 'True');
  const own = stuck && { reason: stuck.reason, message: stuck.message, since: stuck.lastTransitionTime };
  const told = stalled ?? own;
  return {
    ...whereDefined({
      ...(isRecord(stored) ? stored : {}),
      ...whereDefined({
        phase,
        failedChecks,
        canaryWeight,
        iterations: iterations ?? (phase === undefined ? undefined : 0),
        trackedConfigs,
        lastAppliedSpec: hashText(desired?.hash),
        lastPromotedSpec: hashText(stable?.hash),
        lastTransitionTime: status.lastTransitionTime,
      }),
      ...cookiesOf(run),
    }),
    conditions: [
      ...(promoted === undefined ? others(stored, 'Stalled') : [conditionOf(promoted)]),
      ...(told === undefined ? [] : [stalledCondition(told)]),
    ],
  };
};

/**
 * The status by which Flagger takes a Canary over that Serin has run: it initializes once more, finds primary, Services
 * and route in its own shape, starts no run, and computes its own hashes.
 */
export const handedBackStatus = (now: string): JsonRecord => ({
  phase: 'Initializing',
  failedChecks: 0,
  canaryWeight: 0,
  iterations: 0,
  lastTransitionTime: now,
});
