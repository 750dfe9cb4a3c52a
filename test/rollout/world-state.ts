import type { CanarySpec } from '#src/api/canary.ts';
import type { CanaryStatus, CheckStatus, RunNotes } from '#src/api/canary-status.ts';
import type { EffectResult, GitOperation } from '#src/rollout/effect.ts';
import type { ActionView } from '#src/rollout/observed.ts';
import { T0 } from './an-observed.ts';
import type { Happening } from './story.ts';
import type { WorldRoute } from './world-gateway.ts';
import type { Workload } from './world-workload.ts';

/** An effect that was started: when it has its result. */
export type Started = { readonly key: string; readonly doneAt: number; readonly result: EffectResult };

/** What the windows of a run have said. */
export type Judged = {
  last: CheckStatus['verdict'];
  /** Exposures at which a window has passed, by their JSON. */
  readonly passed: string[];
};

/** Everything that a world is, as plain data: so that it can be copied at any moment and gone on from twice. */
export type WorldState = {
  now: number;
  spec: CanarySpec;
  generation: number;
  status: CanaryStatus;
  route: WorldRoute | undefined;
  primary: Workload | undefined;
  side: Workload | undefined;
  readonly target: { replicas: number; readonly deleting: boolean };
  gone: boolean;
  pushes: { readonly at: number; readonly revision: string }[];
  pending: Happening[];
  pinned: string[];
  recorded: string[];
  /** What the records tell beside what they were written with, by run. */
  noted: Record<string, RunNotes>;
  services: string[];
  effects: Started[];
  /** Since when the route's exposure is accepted: the controller's own memory. */
  accepted: { readonly exposure: string; readonly since: number } | undefined;
  windows: Record<string, number>;
  judged: Record<string, Judged>;
  actions: ActionView[];
  apexMoved: boolean;
  finalizer: boolean;
  deleting: boolean;
  prometheus: boolean;
  wakeAt: number | undefined;
  /** The spec was edited, or a person went past a judgement: what was judged is not the whole plan. */
  isShort: boolean;
  writes: number;
  statusWrites: number;
  crashed: number;
  outcomes: { readonly run: string; readonly revision: string; readonly outcome: string; readonly cause?: string }[];
  starts: string[];
  commits: Record<string, GitOperation>;
  delivered: string[];
  violations: string[];
};

export const newWorld = (spec: CanarySpec, happenings: readonly Happening[]): WorldState => ({
  now: T0,
  spec,
  generation: 1,
  status: { conditions: [], quarantine: [], outbox: [], history: [] },
  route: undefined,
  primary: undefined,
  side: undefined,
  target: { replicas: 4, deleting: false },
  gone: false,
  pushes: [{ at: T0 - 60_000, revision: 'v1' }],
  pending: [...happenings].sort((a, b) => a.at - b.at),
  pinned: [],
  recorded: [],
  noted: {},
  services: [],
  effects: [],
  accepted: undefined,
  windows: {},
  judged: {},
  actions: [],
  apexMoved: false,
  finalizer: false,
  deleting: false,
  prometheus: true,
  wakeAt: undefined,
  isShort: false,
  writes: 0,
  statusWrites: 0,
  crashed: 0,
  outcomes: [],
  starts: [],
  commits: {},
  delivered: [],
  violations: [],
});
