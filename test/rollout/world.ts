import { canarySpec } from '#src/api/canary.ts';
import type { CanaryStatus, CheckStatus } from '#src/api/canary-status.ts';
import { assertNever } from '#src/lib/assert-never.ts';
import { sameJson } from '#src/lib/json.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Action, Decision } from '#src/rollout/decision.ts';
import type { Effect, EffectResult } from '#src/rollout/effect.ts';
import type { Exposure } from '#src/rollout/exposure.ts';
import { waitingGate } from '#src/rollout/hooks/gates.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { SPEC, T0 } from './an-observed.ts';
import { type Event, type Oracle, oracleOf, type Story } from './story.ts';
import { type Seen, stepMade } from './transitions-seen.ts';
import { ACCEPT_MS } from './world-gateway.ts';
import { newWorld, type WorldState } from './world-state.ts';
import { ANSWER_MS, worldView } from './world-view.ts';
import {
  exposed,
  violate,
  watchExposure,
  watchPrimary,
  watchRoute,
  watchStatus,
  watchTraffic,
  watchWindow,
} from './world-watch.ts';
import { applied, type Moment, POD_MS, type Workload } from './world-workload.ts';

class Crash extends Error {}

/** An object without its field `undefined`s, as it comes back from the API server. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/**
 * One Canary's part of a cluster, in virtual time: it carries out actions, starts pods, accepts routes, answers
 * questions and keeps a Git log. Own writes are seen at once, as the controller's caches do; what others do is seen
 * late. Everything that must never be is noted in `violations` the moment it is.
 */
export class World {
  readonly state: WorldState;
  readonly decisions: Decision[] = [];
  /** Changes from one place to another, in order. */
  readonly steps: Seen[] = [];
  readonly #story: Story;
  readonly #oracle: Oracle;

  constructor(story: Story = {}, parts: { readonly oracle?: Oracle; readonly state?: WorldState } = {}) {
    this.#story = story;
    this.#oracle = parts.oracle ?? oracleOf(story);
    this.state = parts.state ?? newWorld(canarySpec.parse(story.spec ?? SPEC), story.happenings ?? []);
  }

  /** The same world, to be gone on from by itself. */
  fork(oracle: Oracle = this.#oracle): World {
    return new World(this.#story, { oracle, state: structuredClone(this.state) });
  }

  get now(): number {
    return this.state.now;
  }

  get status(): CanaryStatus {
    return this.state.status;
  }

  get desired(): string {
    return this.state.pushes.at(-1)?.revision ?? '';
  }

  get violations(): readonly string[] {
    return this.state.violations;
  }

  /** Lives on until nothing more happens by itself; false when that took too long. */
  settle(limit = 2_000): boolean {
    for (let turn = 0; turn < limit; turn++) {
      if (this.reconcile()) continue;
      if (!this.step()) return true;
    }
    return false;
  }

  /** Lives on for so long. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.reconcile() || this.step(until));
    this.state.now = until;
  }

  /** Goes on to the next thing that happens by itself, at the latest at `until`; false when there is none. */
  step(until = Number.POSITIVE_INFINITY): boolean {
    const { state } = this;
    const next = this.#nextTime();
    if (next === undefined || next > until) return false;
    state.now = Math.max(state.now, next);
    while (state.pending[0] !== undefined && T0 + state.pending[0].at <= state.now) {
      const { at: _, ...event } = state.pending.shift() ?? { at: 0, type: 'restart' };
      this.happen(event);
    }
    return true;
  }

  /** What the controller sees now. */
  observe(): Observed {
    return worldView(this.state, this.#story);
  }

  /** One reconcile, as the controller does it; true when it changed anything. */
  reconcile(): boolean {
    const { state } = this;
    if (state.gone) return false;
    const observed = this.observe();
    const decision = decide(observed, state.now);
    this.decisions.push(decision);
    const { seen, violation } = stepMade(observed.status, decision.status);
    if (seen !== undefined) this.steps.push(seen);
    if (violation !== undefined) violate(state, violation);
    const before = this.#snapshot();
    try {
      for (const action of decision.before) this.#perform(action);
      if (decision.status !== observed.status) this.#store(decision.status);
      for (const action of decision.after) this.#perform(action);
      this.#want(decision.effects);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#restart();
      return true;
    }
    watchExposure(state, observed);
    state.wakeAt = decision.wakeAt;
    return decision.status !== observed.status || this.#snapshot() !== before;
  }

  /** Something from outside. */
  happen(event: Event): void {
    const { state } = this;
    const gone = (workload: Workload): Workload => ({
      ...workload,
      changedAt: state.now,
      before: { revision: workload.revision, endpoints: 0 },
    });
    switch (event.type) {
      case 'push':
        if (event.revision !== this.desired) state.pushes.push({ at: state.now, revision: event.revision });
        return;
      case 'drift':
        if (state.route === undefined) return;
        state.route = {
          ...state.route,
          exposure: { canaryWeight: event.weight },
          changedAt: state.now,
          foreign: true,
          touched: false,
        };
        return;
      case 'touch':
        if (state.route) state.route = { ...state.route, touched: true };
        return;
      case 'evict':
        if (state.side) state.side = gone(state.side);
        return;
      case 'evictPrimary':
        if (state.primary) state.primary = gone(state.primary);
        return;
      case 'scale':
        state.target.replicas = event.replicas;
        return;
      case 'edit':
        this.#edit(event);
        return;
      case 'prometheus':
        state.prometheus = event.up;
        return;
      case 'act':
        this.#act(event.verb);
        return;
      case 'restart':
        this.#restart();
        return;
      case 'delete':
        state.deleting = true;
        return;
      default:
        assertNever(event, 'event');
    }
  }

  #edit({ analysis, spec }: Extract<Event, { type: 'edit' }>): void {
    const { state } = this;
    const { threshold: _, ...before } = state.spec.analysis;
    const next = canarySpec.parse(stored({ ...state.spec, ...spec, analysis: analysis ?? before }));
    if (sameJson(next, state.spec)) return;
    state.spec = next;
    state.generation++;
    if (state.status.run !== undefined) state.isShort = true;
  }

  #act(verb: Extract<Event, { type: 'act' }>['verb']): void {
    const { state } = this;
    const { run, desired } = state.status;
    const asked = state.actions.length + (state.status.handled?.length ?? 0);
    if (verb === 'promote' || verb === 'promoteFull') state.isShort = true;
    const isOfGate = verb === 'approve' || verb === 'reject';
    const isOfRevision = verb === 'retry' || verb === 'unquarantine';
    const gate = isOfGate && run !== undefined ? waitingGate(run) : undefined;
    state.actions.push({
      name: `act-${state.generation}-${state.writes}-${asked}`,
      verb,
      ...(run === undefined ? {} : { run: run.id }),
      ...(gate === undefined ? {} : { gate: gate.name }),
      ...(isOfRevision && desired !== undefined ? { revision: desired.revision } : {}),
      requestedBy: 'dana@example.com',
      createdAt: state.now,
    });
  }

  /** The controller has started again: it remembers nothing. */
  #restart(): void {
    this.state.effects = [];
    this.state.accepted = undefined;
  }

  /** Everything that a reconcile can change, but for the status and the time to wake at. */
  #snapshot(): string {
    const { target, route, primary, side, gone, pinned, recorded, services, apexMoved, finalizer } = this.state;
    const { actions, effects, noted } = this.state;
    const rest = [pinned, recorded, noted, services, apexMoved, finalizer, actions, effects.map(({ key }) => key)];
    return JSON.stringify([target, route, primary, side, gone, rest]);
  }

  #nextTime(): number | undefined {
    const { state } = this;
    const lag = this.#story.lag ?? 0;
    const times = [
      ...(state.pending[0] === undefined ? [] : [T0 + state.pending[0].at]),
      ...(state.wakeAt === undefined ? [] : [state.wakeAt]),
      ...state.effects.map(({ doneAt }) => doneAt),
      ...[state.primary, state.side].flatMap((workload) => (workload ? [workload.changedAt + POD_MS + lag] : [])),
      ...(state.route ? [state.route.changedAt + ACCEPT_MS + lag] : []),
      ...state.pushes.map(({ at }) => at + lag),
    ].filter((time) => time > state.now);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get #moment(): Moment {
    return { story: this.#story, at: this.state.now };
  }

  /** Every write of the controller passes here: the place where it may die. */
  #wrote(): void {
    const { state } = this;
    state.writes++;
    watchTraffic(state, this.#moment);
    if (!this.#oracle.crashes(state.writes)) return;
    state.crashed++;
    throw new Crash();
  }

  #store(next: CanaryStatus): void {
    watchStatus(this.state, next, this.#moment);
    this.state.status = stored(next);
    this.state.statusWrites++;
    this.#wrote();
  }

  #perform(action: Action): void {
    const { state } = this;
    switch (action.type) {
      case 'addFinalizer':
        state.finalizer = true;
        break;
      case 'removeFinalizer':
        state.finalizer = false;
        state.gone = state.deleting;
        break;
      case 'pinRevision':
        if (action.revision === this.desired) state.pinned = [...new Set([...state.pinned, action.revision])];
        break;
      case 'applyPrimary':
        watchPrimary(state, action);
        state.primary = applied(state.primary, { ...action, side: 'primary', digests: action.digests }, this.#moment);
        break;
      case 'applyCanary':
        if (!state.pinned.includes(action.revision)) violate(state, `4: canary of unpinned ${action.revision}`);
        state.side = applied(state.side, { ...action, side: 'canary', digests: undefined }, this.#moment);
        break;
      case 'deleteCanary':
        if ((state.route?.exposure.canaryWeight ?? 0) > 0) violate(state, '5: the canary was deleted with traffic');
        state.side = undefined;
        break;
      case 'scaleTarget':
        state.target.replicas = action.replicas;
        break;
      case 'applyService':
        if (action.service === 'apex') state.apexMoved = true;
        else state.services = [...new Set([...state.services, action.service])];
        break;
      case 'setRoute':
        this.#setRoute(action);
        break;
      case 'writeRun':
        state.recorded = [...new Set([...state.recorded, action.record.run])];
        break;
      case 'noteRun':
        if (!state.recorded.includes(action.run)) violate(state, `7: ${action.run} has no record to note anything in`);
        if (sameJson(state.noted[action.run], action.notes)) violate(state, `13: ${action.run} is noted again`);
        state.noted[action.run] = stored(action.notes);
        break;
      case 'collect':
        state.pinned = state.pinned.filter((id) => action.keepRevisions.includes(id));
        break;
      case 'restoreApex':
        state.apexMoved = false;
        break;
      case 'releaseRoute':
        state.route = undefined;
        break;
      case 'deleteOwned':
        state.primary = undefined;
        state.side = undefined;
        state.services = [];
        break;
      case 'answerAction':
        state.actions = state.actions.filter(({ name }) => name !== action.name);
        break;
      case 'applyAutoscaler':
      case 'pauseAutoscaler':
      case 'restoreAutoscaler':
      case 'applyDisruptionBudget':
        throw new Error(`This world has no part for ${action.type}`);
      default:
        assertNever(action, 'action');
    }
    this.#wrote();
  }

  #setRoute({ type: _, stamp, ...exposure }: Extract<Action, { type: 'setRoute' }>): void {
    const { state } = this;
    watchRoute(state, exposure, { moment: this.#moment, lag: this.#story.lag ?? 0 });
    const { route } = state;
    const same = route !== undefined && sameJson(route.exposure, exposure);
    if (same && route.stamp === stamp && !route.foreign && !route.touched) return;
    state.route = {
      exposure: stored<Exposure>(exposure),
      stamp,
      changedAt: same ? route.changedAt : state.now,
      foreign: false,
      touched: false,
    };
  }

  /** Starts what is newly wanted, which has its result a little later; forgets what is wanted no more. */
  #want(wanted: readonly Effect[]): void {
    const { state } = this;
    const keys = new Set(wanted.map(({ key }) => key));
    state.effects = state.effects.filter(({ key }) => keys.has(key));
    for (const effect of wanted) {
      if (state.effects.some(({ key }) => key === effect.key)) continue;
      const { ms, result } = this.#answer(effect);
      state.effects.push({ key: effect.key, doneAt: state.now + ms, result });
    }
  }

  /** What an effect comes to, and after how long. */
  #answer(effect: Effect): { readonly ms: number; readonly result: EffectResult } {
    const heard = effect.kind === 'hook' ? this.#oracle.hook?.(effect, this.now) : undefined;
    if (heard === undefined) return { ms: ANSWER_MS, result: this.#execute(effect) };
    const { passed, ms } = heard;
    return { ms, result: { kind: 'hook', passed, detail: passed ? '200' : '403' } };
  }

  /** What the outside answers, and what it must never be asked. */
  #execute(effect: Effect): EffectResult {
    const { state } = this;
    const isStored = (id: string): boolean => state.status.outbox.some((entry) => entry.id === id);
    switch (effect.kind) {
      case 'measure':
        return this.#measured(effect);
      case 'prove':
        return { kind: 'prove', verdict: 'programmed', detail: 'all proxies have it' };
      case 'commit': {
        const { operation } = effect;
        if (!isStored(operation.id)) violate(state, '7: a commit that no status holds');
        const known = operation.id in state.commits ? 'AlreadyApplied' : 'Pushed';
        state.commits[operation.id] = operation;
        return { kind: 'commit', git: { state: known, commit: operation.id.slice(0, 7) } };
      }
      case 'notify':
        if (!isStored(effect.message.id)) violate(state, 'a message that no status holds');
        state.delivered.push(effect.message.id);
        return { kind: 'notify', delivered: true, detail: '' };
      case 'hook':
        return { kind: 'hook', passed: true, detail: '200' };
      default:
        return assertNever(effect, 'effect');
    }
  }

  /** Of every second window without data it is known that no later one will have any. */
  #measured(effect: Extract<Effect, { kind: 'measure' }>): EffectResult {
    if (effect.checks.length === 0) return { kind: 'measure', checks: [] };
    watchWindow(this.state, effect);
    const check = this.#measure(effect);
    const asked = this.state.windows[this.state.status.run?.revision ?? ''] ?? 0;
    const isHopeless = check.verdict === 'noData' && asked % 2 === 0;
    return { kind: 'measure', checks: [check], ...(isHopeless ? { hopeless: [check.name] } : {}) };
  }

  #measure({ window }: Extract<Effect, { kind: 'measure' }>): CheckStatus {
    const { state } = this;
    const { run } = state.status;
    const revision = run?.revision ?? '';
    const number = state.windows[revision] ?? 0;
    state.windows[revision] = number + 1;
    const verdict = state.prometheus ? this.#oracle.verdict({ revision, number }) : 'error';
    const settled = (state.route?.changedAt ?? state.now) + ACCEPT_MS + 3_000;
    if (window.from < settled) violate(state, `5: a window from before the traffic of ${run?.id} had settled`);
    if (run !== undefined) {
      const judged = state.judged[run.id] ?? { last: verdict, passed: [] };
      judged.last = verdict;
      if (verdict === 'pass' && state.route !== undefined) judged.passed.push(exposed(state.route.exposure));
      state.judged[run.id] = judged;
    }
    const value = verdict === 'pass' ? { value: 99.9 } : verdict === 'fail' ? { value: 48.2 } : {};
    return {
      name: 'request-success-rate',
      at: new Date(window.to).toISOString(),
      verdict,
      min: 99,
      unit: '%',
      ...value,
    };
  }
}
