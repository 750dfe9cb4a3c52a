import type { GitInspection } from '#src/git/inspection.ts';
import type { GitOperation } from '#src/rollout/effect.ts';

export const GOOD = 'ghcr.io/stefanprodan/podinfo:6.7.0';
export const BAD = 'ghcr.io/stefanprodan/podinfo:6.8.0';

type Overrides = Partial<Omit<GitOperation, 'run'>> & { readonly run?: Partial<GitOperation['run']> };

const id = (text: string): string => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);

/** A revert of podinfo 6.8.0 to 6.7.0, with whatever a test needs otherwise. */
export const revertOperation = (overrides: Overrides = {}): GitOperation => ({
  id: id('revert-1'),
  kind: 'revert',
  cluster: 'eu-1',
  canary: { namespace: 'shop', name: 'podinfo' },
  target: { kind: 'Deployment', name: 'podinfo' },
  repository: 'shop/config',
  path: 'apps/podinfo',
  branch: 'main',
  via: 'commit',
  edits: [{ container: 'podinfo', from: BAD, to: GOOD }],
  decidedAt: Date.UTC(2026, 10, 21, 8, 0, 0),
  ...overrides,
  run: {
    id: 'bad1-2',
    revision: 'bad1',
    previous: 'good1',
    images: { podinfo: BAD },
    previousImages: { podinfo: GOOD },
    hash: 'b'.repeat(64),
    outcome: 'RolledBack',
    cause: 'ThresholdReached',
    sentence: 'Rolled back at 10 %: request-success-rate 48.2 % is below 99 %',
    startedAt: '2026-11-21T07:59:00Z',
    endedAt: '2026-11-21T08:00:00Z',
    source: { commit: 'c'.repeat(40) },
    ...overrides.run,
  },
});

/** A record of podinfo 6.8.0 as stable. */
export const recordOperation = (overrides: Overrides = {}): GitOperation =>
  revertOperation({
    id: id('record-1'),
    kind: 'record',
    edits: [],
    ...overrides,
    run: {
      id: 'bad1-1',
      outcome: 'Promoted',
      sentence: 'Promoted after 5 steps: request-success-rate was 99.9 % or better',
      ...overrides.run,
    },
  });

/** An operation that differs in its id and Canary only. */
export const numbered = (base: GitOperation, number: number): GitOperation => ({
  ...base,
  id: id(`${number}-${base.kind}`),
  canary: { ...base.canary, name: `${base.canary.name}-${number}` },
});

export const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
  replicas: 2 # enough
  template:
    spec:
      containers:
        - name: podinfo
          image: ${BAD} # set by the release job
          ports: [{ containerPort: 9898 }]
`;

/** What podinfo's outcomes need of Git; `revert: undefined` where they are only recorded. */
export const anInspection = (
  overrides: Partial<Omit<GitInspection, 'revert'>> & { readonly revert?: GitInspection['revert'] | undefined } = {},
): GitInspection => {
  const { cluster, canary, target, repository, path, branch } = revertOperation();
  const { revert, ...others } = { revert: { via: 'commit', containers: ['podinfo'] } as const, ...overrides };
  const inspection = { cluster, canary, target, repository, path, branch, ...others };
  return revert === undefined ? inspection : { ...inspection, revert };
};
