import type { CanarySpec } from '../api/canary.ts';
import type { CanaryStatus } from '../api/canary-status.ts';
import { parseCanaryStatus } from '../api/canary-status.ts';
import { API_VERSION } from '../api/names.ts';
import type { Problem } from '../api/problem.ts';
import { isOnItsWay } from '../flagger/shadow.ts';
import type { KubeClient } from '../kube/client.ts';
import { isKubeError, KubeError } from '../kube/kube-error.ts';
import type { Clock } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import { type KubeObject, keyOf } from '../lib/kube-object.ts';
import { messageOf } from '../lib/message-of.ts';
import { decide } from '../rollout/decide.ts';
import type { Action, Decision, EventNote, Refusal } from '../rollout/decision.ts';
import { foughtBy } from '../rollout/fight.ts';
import type { Observed } from '../rollout/observed.ts';
import { problemText } from '../rollout/problems.ts';
import { refuse, stopped } from '../rollout/refuse.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Router } from '../traffic/router.ts';
import { routerFor } from '../traffic/routers.ts';
import type { Acceptance } from './acceptance.ts';
import { refuseActions } from './answer-action.ts';
import type { Caches } from './caches.ts';
import { endOf, sampleOf } from './canary-sample.ts';
import type { Blocked, ClusterHealth } from './cluster/cluster-health.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { ConfigStates } from './config-states.ts';
import type { Dependencies } from './dependencies.ts';
import type { EffectsTable } from './effects-table.ts';
import { type Fights, HeldBack } from './fights.ts';
import type { GitInspections } from './git-inspections.ts';
import { observe } from './observe.ts';
import { keepFinalizer, perform } from './perform.ts';
import { type Scene, sceneOf } from './scene.ts';
import { specOf } from './spec-of.ts';
import { View } from './view.ts';
import { scalingWishes, wishesOf } from './wishes.ts';

export type ReconcileDeps = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly writer: ClusterWriter;
  readonly configStates: ConfigStates;
  readonly dependencies: Dependencies;
  readonly effects: EffectsTable;
  readonly acceptance: Acceptance;
  readonly inspections: GitInspections;
  /** What the API server refused of each Canary's last writes; kept in memory only, for it is asked again. */
  readonly refusals: Map<string, Refusal>;
  readonly fights: Fights;
  readonly health: ClusterHealth;
  readonly clock: Clock;
  readonly cluster: string;
  readonly metricsServer: string;
  readonly asksIstiod: boolean;
  /** Somebody sees to it that hand-overs from and to Flagger come to an end. */
  readonly watchesFlagger: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  /** `run` tells the events of one run from those of another that read the same. */
  readonly tell: (canary: KubeObject, event: EventNote & { readonly run?: string | undefined }) => void;
  /** Look at this Canary again in so many ms. */
  readonly again: (canary: string, ms: number) => void;
};

/**
 * One look at one Canary: observe, decide, perform. What lowers exposure is done before status is written; what raises
 * it, and every effect on the outside, comes after the status that records the intent.
 */
export const reconcile = async (key: string, deps: ReconcileDeps): Promise<void> => {
  const [namespace = '', name = ''] = key.split('/');
  const view = new View(deps.caches);
  const object = view.get({ apiVersion: API_VERSION, kind: 'Canary', namespace, name });
  if (object === undefined) {
    forget(key, deps);
    const isGone = deps.caches.unreadable('Canary') === undefined;
    return isGone ? refuseActions(key, { ...deps, why: `there is no Canary ${key}` }) : undefined;
  }
  // On its way from or to Flagger: whoever hands it over says when it is Serin's to decide about.
  if (deps.watchesFlagger && isOnItsWay(object)) return forget(key, deps);
  const log = deps.log.child({ canary: key });
  const status = parseCanaryStatus(object['status']);
  const generation = object.metadata.generation ?? 0;

  const refuseFor = async (problems: readonly Problem[]): Promise<void> => {
    deps.dependencies.record(key, view.tokens);
    const refused = refuse(status, { problems, generation, now: deps.clock.now() });
    await writeStatus(object, { before: status, after: refused.status }, deps);
    for (const note of refused.events) deps.tell(object, note);
    if (status.adopted !== undefined) await keepFinalizer(object, deps);
  };
  const understood = understand(object, status);
  if ('problems' in understood) {
    await refuseFor(understood.problems);
    return refuseActions(key, { ...deps, why: problemText(understood.problems) });
  }
  // Nothing of these kinds must be taken for absent before it has been read: all are looked at again then.
  if (!deps.caches.want(...wishesOf(understood.spec, understood.router.id))) return;

  const scene = sceneOf(object, { ...understood, view, configStates: deps.configStates, status });
  if (!deps.caches.want(...scalingWishes(scene, status, deps.caches))) return;
  const now = deps.clock.now();
  const refused = deps.refusals.get(key);
  const fights = deps.fights.view(key, deps.clock.monotonic());
  const seen = observe(scene, status, { ...deps, effects: deps.effects.view(key), refused, fights, now });
  const blocked = deps.health.blocking(key, view.unreadable);
  // What else is found then may only be so because it cannot be seen.
  const observed = blocked.problems.length > 0 ? { ...seen, problems: blocked.problems, ...unseenOf(blocked) } : seen;
  deps.dependencies.record(key, view.tokens);
  const decision = decide(observed, now);
  logDecision(log, decision);

  // What was refused is tried again less and less often, and no later than it is waited for.
  if (refused !== undefined && decision.wakeAt !== undefined) deps.again(key, decision.wakeAt - now);
  const performed = { scene, observed, deps };
  try {
    await performAll(decision.before, { ...performed, lowers: true });
  } catch (error) {
    await tellRefused(object, status, deps);
    throw error;
  }
  await writeStatus(object, { before: status, after: decision.status }, deps);
  const run = decision.status.run?.id ?? status.run?.id;
  for (const note of decision.events) deps.tell(object, { ...note, run });
  try {
    await performAll(decision.after, { ...performed, lowers: false });
  } finally {
    // A write that is refused must not keep an outcome from Git and from people.
    deps.effects.want(key, decision.effects);
  }
  deps.metrics.canary(sampleOf(object, understood.spec, decision.status));
  const ended = endOf(object, understood.spec, { before: status, after: decision.status });
  if (ended !== undefined) deps.metrics.ended(ended);
  if (decision.wakeAt !== undefined) deps.again(key, decision.wakeAt - now);
  if (deps.refusals.delete(key)) deps.again(key, 0);
  const peaceIn = deps.fights.endsIn(key, deps.clock.monotonic());
  if (peaceIn !== undefined) deps.again(key, peaceIn);
  await refuseActions(key, deps);
};

/** What may not be read, where nothing must be taken for gone on the ground that it is not seen. */
const unseenOf = ({ problems, isBlind }: Blocked): Pick<Observed, 'unseen'> =>
  isBlind ? { unseen: { reason: 'AccessDenied', note: problemText(problems) } } : {};

type Understood = { readonly spec: CanarySpec; readonly router: Router };

/** What the Canary asks for, on which data plane; or what a person must put right before that can be told. */
const understand = (
  object: KubeObject,
  { adopted }: CanaryStatus,
): Understood | { readonly problems: readonly Problem[] } => {
  const parsed = specOf(object, adopted);
  if (!parsed.ok) return parsed;
  const routed = routerFor(parsed.spec);
  return 'problem' in routed ? { problems: [routed.problem] } : { spec: parsed.spec, router: routed.router };
};

const forget = (key: string, deps: ReconcileDeps): void => {
  const { effects, dependencies, acceptance, inspections, refusals, fights, health, metrics } = deps;
  const [namespace = '', name = ''] = key.split('/');
  effects.want(key, []);
  dependencies.record(key, new Set());
  acceptance.forget(key);
  inspections.forget(key);
  refusals.delete(key);
  fights.forget(key);
  health.blocking(key, new Set());
  metrics.forget({ namespace, name });
};

/** What an error is told as, where asking again gives the same answer until a person has acted. */
const refusalOf = (error: unknown, { health }: ReconcileDeps): EventNote | undefined => {
  if (isKubeError(error, 'Forbidden')) {
    const remedy = error.right === undefined ? '' : `; want: ${health.remedyFor(error.right)}`;
    return { reason: 'AccessDenied', note: `${messageOf(error)}${remedy}` };
  }
  const lasts = !(error instanceof KubeError) || error.kind === 'Invalid';
  return lasts ? { reason: 'Held', note: messageOf(error) } : undefined;
};

type Performing = {
  readonly scene: Scene;
  readonly observed: Observed;
  readonly deps: ReconcileDeps;
  /** The actions take something from the canary. */
  readonly lowers: boolean;
};

const performAll = async (actions: readonly Action[], { scene, observed, deps, lowers }: Performing): Promise<void> => {
  const canary = keyOf(scene.canary);
  for (const action of actions) {
    const about = foughtBy(observed, action);
    const now = deps.clock.monotonic();
    const writer =
      about === undefined ? deps.writer : deps.fights.guarded(deps.writer, { ...about, action, canary, lowers, now });
    try {
      await perform(action, scene, { ...deps, writer });
    } catch (cause) {
      if (cause instanceof HeldBack) {
        deps.again(canary, cause.waitMs);
        continue;
      }
      const refusal = refusalOf(cause, deps);
      if (refusal !== undefined) deps.refusals.set(canary, { ...refusal, action: action.type });
      throw new Error(`Cannot ${action.type}: ${messageOf(cause)}`, { cause });
    }
  }
};

/** The decision's status must not be written when what lowers exposure was refused: what stands in the way is told all the same. */
const tellRefused = async (object: KubeObject, status: CanaryStatus, deps: ReconcileDeps): Promise<void> => {
  const refusal = deps.refusals.get(keyOf(object.metadata));
  if (refusal === undefined) return;
  const { reason, note } = refusal;
  const generation = object.metadata.generation ?? 0;
  const told = stopped(status, { refusal: { reason, note }, generation, now: deps.clock.now() });
  for (const event of told.events) deps.tell(object, { ...event, run: status.run?.id });
  await writeStatus(object, { before: status, after: told.status }, deps);
};

/** Writes status when it changed; the resourceVersion guards against a second writer. */
const writeStatus = async (
  object: KubeObject,
  { before, after }: { readonly before: CanaryStatus; readonly after: CanaryStatus },
  deps: ReconcileDeps,
): Promise<void> => {
  if (sameJson(before, after)) return;
  try {
    await deps.writer.status({ ...object, status: after });
  } catch (error) {
    // Its conditions cannot say so.
    const refusal = refusalOf(error, deps);
    if (refusal?.reason === 'AccessDenied') deps.tell(object, refusal);
    // What is given back depends on nothing that the status alone knows.
    if (refusal === undefined || object.metadata.deletionTimestamp === undefined) throw error;
  }
};

const logDecision = (log: Log, { before, after, events, status }: Decision): void => {
  const actions = [...before, ...after].map((action) => action.type);
  if (actions.length > 0) log.debug({ actions, phase: status.phase, run: status.run?.id }, 'actions decided');
  for (const { reason, note } of events) log.info({ reason, note, run: status.run?.id }, 'transition');
};
