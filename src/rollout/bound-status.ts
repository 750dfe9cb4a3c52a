import type { CanaryStatus, GateStatus, HistoryStatus, RunStatus } from '../api/canary-status.ts';

/** Largest status that is written, in UTF-16 units of its JSON; 64 KiB with room for what is not ASCII. */
export const STATUS_LIMIT = 56 * 1024;

type Reduction = (status: CanaryStatus) => CanaryStatus;

const ofRun =
  (reduce: (run: RunStatus) => Partial<RunStatus>): Reduction =>
  (status) =>
    status.run === undefined ? status : { ...status, run: { ...status.run, ...reduce(status.run) } };

const withoutWords = (gate: GateStatus): GateStatus => {
  if (gate.state === 'Waiting') return gate;
  const { reason: _reason, ...rest } = gate;
  return rest;
};

const withoutHooks = ({ hooks: _hooks, ...run }: HistoryStatus): HistoryStatus => run;

/** A gate before more traffic counts at its own step alone. */
const stillCounts = (gate: GateStatus, step: number): boolean =>
  gate.type !== 'confirm-traffic-increase' || gate.step === step;

/** What is given up when a status is too large, least missed first. */
const REDUCTIONS: readonly Reduction[] = [
  ofRun(({ checks }) => ({ checks: checks.map(({ query: _query, ...check }) => check) })),
  (status) => ({ ...status, outbox: status.outbox.filter(({ state }) => state === 'Pending') }),
  ofRun(({ kept }) => ({ kept: kept.slice(-10) })),
  (status) =>
    status.handled === undefined
      ? status
      : { ...status, handled: status.handled.map(({ name, state }) => ({ name, state })) },
  // The record of a run keeps what its hooks have answered.
  ({ history: [last, ...others], ...status }) => ({
    ...status,
    history: last === undefined ? [] : [last, ...others.map(withoutHooks)],
  }),
  (status) => ({
    ...status,
    history: status.history.slice(0, 3).map(withoutHooks),
    quarantine: status.quarantine.slice(0, 3),
  }),
  ofRun(({ checks }) => ({ checks: checks.map(({ message: _message, ...check }) => check) })),
  ofRun(({ hooks }) => (hooks === undefined ? {} : { hooks: hooks.map(({ detail: _detail, ...hook }) => hook) })),
  // The words of a gate that still waits tell that it was told of.
  ofRun(({ gates }) => (gates === undefined ? {} : { gates: gates.map(withoutWords) })),
  ofRun(({ gates, step }) => (gates === undefined ? {} : { gates: gates.filter((gate) => stillCounts(gate, step)) })),
];

/** The status, made smaller step by step until it fits; the very same when it does. */
export const boundStatus = (status: CanaryStatus): CanaryStatus => {
  let bounded = status;
  for (const reduce of REDUCTIONS) {
    if (JSON.stringify(bounded).length <= STATUS_LIMIT) break;
    bounded = reduce(bounded);
  }
  return bounded;
};
