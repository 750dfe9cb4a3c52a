/** A weight counts this long after the plane has accepted it: status comes before traffic on every plane measured. */
export const SETTLE_MS = 3_000;

/** Longest wait for a plane to confirm weight 0 before the canary's pods go. */
export const DRAIN_LIMIT_MS = 30_000;

/** Windows in a row without evidence after which the weight goes back to the first step. */
export const NO_EVIDENCE_WINDOWS = 3;

/** Time without evidence after which a person has to decide. */
export const NO_EVIDENCE_HOLD_MS = 600_000;

/** How often a run starts over because the canary lost every ready pod; once more and it is rolled back. */
export const RESTARTS = 2;

/** Caps that keep the status below 64 KiB. */
export const CAPS = {
  keptChecks: 40,
  steps: 100,
  history: 10,
  /** With runs whose commit is still on its way. */
  historyWithPending: 20,
  quarantine: 10,
  outbox: 50,
  changes: 20,
  records: 20,
  /** Of one run. */
  actions: 20,
  hooks: 32,
  gates: 40,
  approvers: 5,
  actionsAtOnce: 20,
  handled: 50,
  /** CanaryActions with their answer, of one Canary. */
  actionsKept: 20,
  text: 256,
  sentence: 512,
} as const;
