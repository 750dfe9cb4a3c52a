import { canarySpec } from '#src/api/canary.ts';
import type { CanaryStatus, CheckStatus } from '#src/api/canary-status.ts';
import { assertNever } from '#src/lib/assert-never.ts';
import { decide } from '#src/rollout/decide.ts';
import type { Action, Decision } from '#src/rollout/decision.ts';
import type { Effect, EffectResult, GitOperation } from '#src/rollout/effect.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { aRevision, digestsOf, GIT_ON, SPEC, SUCCESS_RATE, T0 } from './an-observed.ts';
import type { Happening, Story } from './story.ts';
import { WorldEffects } from './world-effects.ts';
import { ACCEPT_MS, WorldGateway, type WorldRoute } from './world-gateway.ts';
import { applied, endpoints, type Moment, POD_MS, serving, viewOf, type Workload } from './world-workload.ts';

class Crash extends Error {}

/**
 * One Canary's part of a cluster, in virtual time: it carries out actions, starts pods, accepts routes, answers
 * questions and keeps a Git log. Own writes are seen at once, as the controller's caches do; what others do is seen
 * late. Everything that must never be is noted in `violations` the moment it is.
 */
export class World {
  now = T0;
  status: CanaryStatus = { conditions: [], quarantine: [], outbox: [], history: [] };
  readonly violations: string[] = [];
  readonly decisions: Decision[] = [];
  readonly outcomes: { run: string; revision: string; outcome: string; cause?: string | undefined }[] = [];
  readonly starts: string[] = [];
  readonly commits = new Map<string, GitOperation>();
  readonly delivered: string[] = [];
  readonly weights: number[] = [];
  writes = 0;
  crashed = 0;
  statusWrites = 0;
  readonly target = { replicas: 4, deleting: false };
  route: WorldRoute | undefined;
  primary: Workload | undefined;
  side: Workload | undefined;
  gone = false;
  readonly #story: Story;
  readonly #spec;
  readonly #pushes: { at: number; revision: string }[] = [{ at: T0 - 60_000, revision: 'v1' }];
  readonly #pending: Happening[];
  readonly #pinned = new Set<string>();
  readonly #recorded = new Set<string>();
  readonly #services = new Set<string>();
  readonly #effects = new WorldEffects();
  readonly #windows = new Map<string, number>();
  /** Verdict of the last window of each run, and the weights at which it passed. */
  readonly #judged = new Map<string, { last: CheckStatus['verdict']; passed: Set<number> }>();
  #apexMoved = false;
  #finalizer = false;
  #deleting = false;
  readonly #gateway = new WorldGateway();
  #wakeAt: number | undefined;

  constructor(story: Story = {}) {
    this.#story = story;
    this.#spec = canarySpec.parse(story.spec ?? SPEC);
    this.#pending = [...(story.happenings ?? [])].sort((a, b) => a.at - b.at);
  }

  get desired(): string {
    return this.#pushes.at(-1)?.revision ?? '';
  }

  get pushes(): readonly string[] {
    return this.#pushes.map(({ revision }) => revision);
  }

  /** Lives on until nothing more happens by itself; false when that took too long. */
  settle(limit = 2_000): boolean {
    for (let turn = 0; turn < limit; turn++) {
      if (this.#reconcile()) continue;
      const next = this.#nextTime();
      if (next === undefined) return true;
      this.now = Math.max(this.now, next);
      while (this.#pending[0] !== undefined && T0 + this.#pending[0].at <= this.now)
        this.#happen(this.#pending.shift());
    }
    return false;
  }

  /** What the controller sees now. */
  observe(): Observed {
    const seenAt = this.now - (this.#story.lag ?? 0);
    const revision = this.#pushes.findLast(({ at }) => at <= seenAt)?.revision ?? 'v1';
    const moment = { story: this.#story, at: seenAt };
    const { run, stable } = this.status;
    const digests = run?.stage === 'promoting' || run?.stage === 'returning' ? run.digests : stable?.digests;
    const primary = this.primary && viewOf(this.primary, digests, moment);
    const side = this.side && viewOf(this.side, undefined, moment);
    const up = this.target.replicas;
    const selects = this.#apexMoved ? 'primary' : 'other';
    const service = (name: 'primary' | 'canary') =>
      this.#services.has(name) ? { [name]: { selects: name, current: true, endpointsMatch: true } } : {};
    return {
      cluster: 'eu-1',
      canary: {
        namespace: 'shop',
        name: 'podinfo',
        uid: 'uid-1',
        generation: 1,
        spec: this.#spec,
        hasFinalizer: this.#finalizer,
        deleting: this.#deleting,
      },
      status: this.status,
      problems: [],
      target: { uid: 'uid-t', deleting: false, replicas: up, readyReplicas: up, revision: aRevision(revision) },
      ...(primary && { primary }),
      ...(side && { side }),
      services: {
        apex: { selects, current: this.#apexMoved, endpointsMatch: this.#apexMoved },
        ...service('primary'),
        ...service('canary'),
      },
      route: this.#gateway.view(this.route, { seenAt, now: this.now }),
      pinned: [...this.#pinned],
      recorded: [...this.#recorded],
      metrics: [SUCCESS_RATE],
      git: this.#story.git ?? GIT_ON,
      alerts: [{ provider: 'shop/slack', severity: 'info' }],
      effects: this.#effects.at(this.now),
      namespaceDeleting: false,
    };
  }

  /** One reconcile, as the controller does it; true when it changed anything. */
  #reconcile(): boolean {
    if (this.gone) return false;
    const observed = this.observe();
    const decision = decide(observed, this.now);
    this.decisions.push(decision);
    const before = this.#snapshot();
    try {
      for (const action of decision.before) this.#perform(action);
      if (decision.status !== observed.status) this.#store(decision.status);
      for (const action of decision.after) this.#perform(action);
      this.#effects.want(decision.effects, { now: this.now, execute: (effect) => this.#execute(effect) });
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#effects.clear();
      this.#gateway.forget();
      return true;
    }
    this.#checkExposure(observed);
    this.#wakeAt = decision.wakeAt;
    return decision.status !== observed.status || this.#snapshot() !== before;
  }

  /** Everything that a write can change. */
  #snapshot(): string {
    const { target, route, primary, side, gone } = this;
    const sets = [[...this.#pinned], [...this.#recorded], [...this.#services]];
    return JSON.stringify([target, route, primary, side, gone, this.#apexMoved, this.#finalizer, sets]);
  }

  #nextTime(): number | undefined {
    const lag = this.#story.lag ?? 0;
    const times = [
      ...(this.#pending[0] === undefined ? [] : [T0 + this.#pending[0].at]),
      ...(this.#wakeAt === undefined ? [] : [this.#wakeAt]),
      ...this.#effects.times,
      ...[this.primary, this.side].flatMap((workload) => (workload ? [workload.changedAt + POD_MS + lag] : [])),
      ...(this.route ? [this.route.changedAt + ACCEPT_MS + lag] : []),
      ...this.#pushes.map(({ at }) => at + lag),
    ].filter((time) => time > this.now);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #happen(happening: Happening | undefined): void {
    switch (happening?.type) {
      case undefined:
        return;
      case 'push':
        if (happening.revision !== this.desired) this.#pushes.push({ at: this.now, revision: happening.revision });
        return;
      case 'drift':
        if (this.route)
          this.route = { ...this.route, weight: happening.weight, changedAt: this.now, foreign: true, touched: false };
        return;
      case 'touch':
        if (this.route) this.route = { ...this.route, touched: true };
        return;
      case 'evict':
        if (this.side) {
          this.side = { ...this.side, changedAt: this.now, before: { revision: this.side.revision, endpoints: 0 } };
        }
        return;
      case 'scale':
        this.target.replicas = happening.replicas;
        return;
      case 'delete':
        this.#deleting = true;
        return;
      default:
        assertNever(happening, 'happening');
    }
  }

  get #moment(): Moment {
    return { story: this.#story, at: this.now };
  }

  /** Every write of the controller passes here: the place where it may die. */
  #wrote(): void {
    this.writes++;
    this.#check();
    if (this.#story.crashes?.includes(this.writes) === true) {
      this.crashed++;
      throw new Crash();
    }
  }

  #store(next: CanaryStatus): void {
    const before = this.status;
    const { run } = next;
    if (run !== undefined && run.id !== before.run?.id) this.starts.push(run.id);
    const raised =
      run?.stage === 'shifting' && run.id === before.run?.id && run.weight.set > before.run.weight.set
        ? run
        : undefined;
    if (raised !== undefined && (before.run?.weight.set ?? 0) > 0 && this.#judged.get(raised.id)?.last !== 'pass') {
      this.#violate(`2: weight of ${raised.id} rose to ${raised.weight.set} without a pass`);
    }
    if (run?.outcome !== undefined && before.run?.outcome === undefined) {
      this.outcomes.push({ run: run.id, revision: run.revision, outcome: run.outcome, cause: run.cause });
      if (endpoints(this.primary, this.#moment) > 0 && (this.route?.weight ?? 0) > 0) {
        this.#violate(`3: ${run.outcome} of ${run.id} was recorded at weight ${this.route?.weight}`);
      }
    }
    if (JSON.stringify(next).length > 64 * 1024) this.#violate('status is larger than 64 KiB');
    this.status = JSON.parse(JSON.stringify(next));
    this.statusWrites++;
    this.#wrote();
  }

  #perform(action: Action): void {
    switch (action.type) {
      case 'addFinalizer':
        this.#finalizer = true;
        break;
      case 'removeFinalizer':
        this.#finalizer = false;
        this.gone = this.#deleting;
        break;
      case 'pinRevision':
        if (action.revision === this.desired) this.#pinned.add(action.revision);
        break;
      case 'applyPrimary':
        this.#applyPrimary(action);
        break;
      case 'applyCanary':
        if (!this.#pinned.has(action.revision)) this.#violate(`4: canary of unpinned ${action.revision}`);
        this.side = applied(this.side, { ...action, side: 'canary', digests: undefined }, this.#moment);
        break;
      case 'deleteCanary':
        if ((this.route?.weight ?? 0) > 0) this.#violate('5: the canary was deleted while it had traffic');
        this.side = undefined;
        break;
      case 'scaleTarget':
        this.target.replicas = action.replicas;
        break;
      case 'applyService':
        if (action.service === 'apex') this.#apexMoved = true;
        else this.#services.add(action.service);
        break;
      case 'setRoute':
        this.#setRoute(action);
        break;
      case 'writeRun':
        this.#recorded.add(action.record.run);
        break;
      case 'collect':
        for (const id of this.#pinned) if (!action.keepRevisions.includes(id)) this.#pinned.delete(id);
        break;
      case 'restoreApex':
        this.#apexMoved = false;
        break;
      case 'releaseRoute':
        this.route = undefined;
        break;
      case 'deleteOwned':
        this.primary = undefined;
        this.side = undefined;
        this.#services.clear();
        break;
      case 'applyAutoscaler':
      case 'pauseAutoscaler':
      case 'restoreAutoscaler':
      case 'applyDisruptionBudget':
      case 'answerAction':
        throw new Error(`This world has no part for ${action.type}`);
      default:
        assertNever(action, 'action');
    }
    this.#wrote();
  }

  #applyPrimary(action: Extract<Action, { type: 'applyPrimary' }>): void {
    const { stable, run } = this.status;
    if (!this.#pinned.has(action.revision)) this.#violate(`4: primary of unpinned ${action.revision}`);
    if (action.revision !== stable?.revision) {
      const passed = run && this.#judged.get(run.id)?.passed;
      const steps = this.#spec.analysis.stepWeights ?? [];
      const judged = run?.revision === action.revision && steps.every((weight) => passed?.has(weight));
      if (!judged) this.#violate(`4: primary got ${action.revision}, which was not judged at every step`);
      if (action.digests?.['podinfo'] !== digestsOf(action.revision).podinfo) this.#violate('4: other digests');
    }
    this.primary = applied(this.primary, { ...action, side: 'primary', digests: action.digests }, this.#moment);
  }

  #setRoute(action: Extract<Action, { type: 'setRoute' }>): void {
    const { canaryWeight: weight, stamp } = action;
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) this.#violate(`1: weight ${weight}`);
    const from = this.route?.weight ?? 0;
    if (weight > from) {
      if (weight > (this.status.run?.weight.set ?? 0)) this.#violate(`2: route ${weight} above what status records`);
      if (this.status.run?.outcome !== undefined) this.#violate('3: raised after the outcome');
      const ready = endpoints(this.side, this.#moment);
      const enough = weight === 100 ? (this.primary?.replicas ?? 1) : 1;
      if ((this.#story.lag ?? 0) === 0 && ready < enough) this.#violate(`3: ${weight}% on ${ready} ready pods`);
    }
    if (weight < from && endpoints(this.primary, this.#moment) === 0) {
      this.#violate(`3: traffic went to a primary that is not ready`);
    }
    if (this.route?.weight === weight && this.route.stamp === stamp && !this.route.foreign && !this.route.touched)
      return;
    const changedAt = this.route?.weight === weight ? this.route.changedAt : this.now;
    this.route = { weight, stamp, changedAt, foreign: false, touched: false };
    this.weights.push(weight);
  }

  /** What the outside answers, and what it must never be asked. */
  #execute(effect: Effect): EffectResult {
    const isStored = (id: string): boolean => this.status.outbox.some((entry) => entry.id === id);
    switch (effect.kind) {
      case 'measure':
        return { kind: 'measure', checks: [this.#measure(effect)] };
      case 'prove':
        return { kind: 'prove', verdict: 'programmed', detail: 'all proxies have it' };
      case 'commit': {
        const { operation } = effect;
        if (!isStored(operation.id)) this.#violate('7: a commit that no status holds');
        const state = this.commits.has(operation.id) ? 'AlreadyApplied' : 'Pushed';
        this.commits.set(operation.id, operation);
        return { kind: 'commit', git: { state, commit: operation.id.slice(0, 7) } };
      }
      case 'notify':
        if (!isStored(effect.message.id)) this.#violate('a message that no status holds');
        this.delivered.push(effect.message.id);
        return { kind: 'notify', delivered: true, detail: '' };
      case 'hook':
        return { kind: 'hook', passed: true, detail: '200' };
      default:
        return assertNever(effect, 'effect');
    }
  }

  #measure({ window }: Extract<Effect, { kind: 'measure' }>): CheckStatus {
    const run = this.status.run;
    const revision = run?.revision ?? '';
    const number = this.#windows.get(revision) ?? 0;
    this.#windows.set(revision, number + 1);
    const verdict = this.#story.verdicts?.[revision]?.[number] ?? 'pass';
    const settled = (this.route?.changedAt ?? this.now) + ACCEPT_MS + 3_000;
    if (window.from < settled) this.#violate(`5: a window from before the traffic of ${run?.id} had settled`);
    if (run !== undefined) {
      const judged = this.#judged.get(run.id) ?? { last: verdict, passed: new Set() };
      judged.last = verdict;
      if (verdict === 'pass') judged.passed.add(run.weight.set);
      this.#judged.set(run.id, judged);
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

  /** Who gets traffic, at every moment. */
  #check(): void {
    const weight = this.route?.weight ?? 0;
    if (weight === 0 || this.route?.foreign === true) return;
    const { run } = this.status;
    const served = this.side && serving(this.side, this.#moment);
    if (run === undefined || this.side === undefined) {
      this.#violate(`5: weight ${weight} without a run and its canary`);
    } else if (endpoints(this.side, this.#moment) > 0 && served !== run.revision) {
      this.#violate(`5: ${served} gets traffic in the run of ${run.revision}`);
    }
  }

  /** After every reconcile: no more traffic than recorded, and none on pods that were seen to be gone. */
  #checkExposure({ side, primary, status }: Observed): void {
    const weight = this.route?.weight ?? 0;
    if (weight === 0 || (primary?.endpoints ?? 0) === 0) return;
    if (weight > (this.status.run?.weight.set ?? 0)) this.#violate(`2: weight ${weight} stayed above what is recorded`);
    if (status.run !== undefined && (side?.endpoints ?? 0) === 0)
      this.#violate(`3: weight ${weight} stayed on no pods`);
  }

  #violate(what: string): void {
    this.violations.push(`${new Date(this.now).toISOString().slice(11, 23)} ${what}`);
  }
}
