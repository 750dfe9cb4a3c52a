import { type CanarySpecInput, canarySpec } from '#src/api/canary.ts';
import type { CanaryStatus, CheckStatus, HistoryStatus, RunStatus, StableStatus } from '#src/api/canary-status.ts';
import type { EffectState } from '#src/rollout/effect.ts';
import type { MetricCheck } from '#src/rollout/metric-check.ts';
import type { GitView, Observed, RevisionView, RouteView, WorkloadView } from '#src/rollout/observed.ts';
import { timeText } from '#src/rollout/time.ts';
import { measureKey } from '#src/rollout/window.ts';

/** When the tests' day begins, ms. */
export const T0 = Date.parse('2026-11-21T08:00:00Z');

/** What most tests run: four steps, windows of 10 s, two failures allowed. */
export const SPEC: CanarySpecInput = {
  targetRef: { name: 'podinfo' },
  service: { port: 80, gatewayRefs: [{ name: 'edge' }] },
  analysis: {
    interval: '10s',
    threshold: 2,
    stepWeights: [5, 10, 25, 50],
    metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
  },
};

export const SUCCESS_RATE: MetricCheck = {
  name: 'request-success-rate',
  query: { kind: 'success-rate', selectors: { requests: 'requests', errors: 'errors' } },
  address: 'http://prometheus:9090',
  intervalMs: 60_000,
  min: 99,
  unit: '%',
  initialDelayMs: 0,
  dryRun: false,
  noData: 'hold',
  samples: 1,
};

export const GIT_ON: Extract<GitView, { mode: 'on' }> = {
  mode: 'on',
  repository: 'shop/config',
  url: 'https://git.example.com/shop/config.git',
  branch: 'main',
  path: 'apps/podinfo',
  onSuccess: 'record',
  onFailure: 'revert',
};

export const aRevision = (id: string): RevisionView => ({
  id,
  hash: `hash-${id}`,
  images: { podinfo: `registry.example.com/podinfo:${id}` },
});

export const digestsOf = (revision: string): { podinfo: string } => ({ podinfo: `sha256:${revision}` });

export const aStable = (id: string): StableStatus => {
  const { hash, images } = aRevision(id);
  return { revision: id, hash, images, since: timeText(T0) };
};

export const aWorkload = (revision: string, parts: Partial<WorkloadView> = {}): WorkloadView => {
  const replicas = parts.replicas ?? 4;
  return {
    revision,
    pinned: true,
    replicas,
    readyReplicas: replicas,
    ready: true,
    endpoints: replicas,
    deadlineExceeded: false,
    keepsCapacity: true,
    digests: digestsOf(revision),
    deleting: false,
    ...parts,
  };
};

export const aRoute = (parts: Partial<RouteView> = {}): RouteView => ({
  exists: true,
  canaryWeight: 0,
  current: true,
  acceptance: 'accepted',
  detail: '',
  since: T0 - 60_000,
  ...parts,
});

/** A status as it is between runs: revision `v1` serves. */
export const aStatus = (parts: Partial<CanaryStatus> = {}): CanaryStatus => ({
  observedGeneration: 1,
  phase: 'Initialized',
  conditions: [],
  stable: aStable('v1'),
  desired: { revision: 'v1', hash: 'hash-v1', since: timeText(T0) },
  adopted: { replicas: 4 },
  quarantine: [],
  outbox: [],
  history: [],
  ...parts,
});

/** Run 1 of revision `v2`, begun at T0 and waiting for its first weight. */
export const aRun = (parts: Partial<RunStatus> = {}): RunStatus => ({
  id: 'v2-1',
  revision: 'v2',
  hash: 'hash-v2',
  images: aRevision('v2').images,
  previous: 'v1',
  strategy: 'canary',
  startedAt: timeText(T0),
  stage: 'scaling',
  stageSince: timeText(T0),
  step: 0,
  weight: { set: 0, since: timeText(T0) },
  checks: [],
  kept: [],
  steps: [],
  deadline: timeText(T0 + 600_000),
  ...parts,
});

/** The same run holding `weight`, the plan's step number `step`, since T0. */
export const aShiftedRun = (step: number, weight: number, parts: Partial<RunStatus> = {}): RunStatus => {
  const { deadline: _deadline, ...run } = aRun({
    stage: 'shifting',
    step,
    weight: { set: weight, since: timeText(T0) },
    steps: [{ index: step, weight, from: timeText(T0) }],
  });
  return { ...run, ...parts };
};

type Parts = Partial<Omit<Observed, 'canary' | 'status'>> & {
  readonly spec?: CanarySpecInput;
  readonly status?: Partial<CanaryStatus>;
  readonly canary?: Partial<Observed['canary']>;
};

/** A Canary that has been taken over and serves `v1`, with nothing to do; `parts` say what differs. */
export const anObserved = ({ spec = SPEC, status = {}, canary = {}, ...parts }: Parts = {}): Observed => ({
  cluster: 'eu-1',
  canary: {
    namespace: 'shop',
    name: 'podinfo',
    uid: 'uid-1',
    generation: 1,
    spec: canarySpec.parse(spec),
    hasFinalizer: true,
    deleting: false,
    ...canary,
  },
  status: aStatus(status),
  problems: [],
  target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v1') },
  primary: aWorkload('v1'),
  services: {
    apex: { selects: 'primary', current: true, endpointsMatch: true },
    primary: { selects: 'primary', current: true, endpointsMatch: true },
    canary: { selects: 'canary', current: true, endpointsMatch: false },
  },
  route: aRoute(),
  pinned: ['v1'],
  recorded: [],
  noted: {},
  metrics: [SUCCESS_RATE],
  git: { mode: 'off' },
  alerts: [],
  effects: new Map(),
  namespaceDeleting: false,
  ...parts,
});

/** The run of `v2` under way with `run`; the canary is ready and the route stands at the run's weight since T0. */
export const aRunning = (run: RunStatus, parts: Parts = {}): Observed =>
  anObserved({
    target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v2') },
    side: aWorkload('v2', { replicas: 2 }),
    pinned: ['v1', 'v2'],
    route: aRoute({ canaryWeight: run.weight.set, since: T0 }),
    ...parts,
    status: {
      phase: 'Progressing',
      runs: 1,
      desired: { revision: 'v2', hash: 'hash-v2', since: timeText(T0) },
      run,
      ...parts.status,
    },
  });

export const aCheck = (verdict: CheckStatus['verdict'], parts: Partial<CheckStatus> = {}): CheckStatus => ({
  name: 'request-success-rate',
  at: timeText(T0 + 13_000),
  verdict,
  min: 99,
  unit: '%',
  ...(verdict === 'pass' ? { value: 99.9 } : verdict === 'fail' ? { value: 48.2 } : { message: 'no requests' }),
  ...parts,
});

/** The answers of the run's window that ends at `to`, ms. */
export const answered = (
  run: RunStatus,
  to: number,
  checks: readonly CheckStatus[],
  hopeless: readonly string[] = [],
): ReadonlyMap<string, EffectState> =>
  new Map([[`${measureKey(run)}${to}`, { state: 'done', at: to, result: { kind: 'measure', checks, hopeless } }]]);

/** A run of `v2` that was rolled back. */
export const aHistory = (parts: Partial<HistoryStatus> = {}): HistoryStatus => ({
  id: 'v2-1',
  revision: 'v2',
  previous: 'v1',
  images: aRevision('v2').images,
  previousImages: aRevision('v1').images,
  hash: 'hash-v2',
  outcome: 'RolledBack',
  cause: 'ThresholdReached',
  sentence: 'Rolled back at 25 % after 52 s: it is bad',
  startedAt: timeText(T0 - 60_000),
  endedAt: timeText(T0 + 1_234),
  ...parts,
});

/** Git goes on asking for `v2`, which was rolled back, and Serin has nowhere to put it back. */
export const askedInVain = (): Observed =>
  anObserved({
    status: {
      phase: 'Failed',
      runs: 1,
      history: [aHistory()],
      desired: { revision: 'v2', hash: 'hash-v2', since: timeText(T0 - 100_000), run: 'v2-1' },
    },
    target: { uid: 'uid-t', deleting: false, replicas: 0, readyReplicas: 0, revision: aRevision('v2') },
  });
