import type { CanaryStatus } from '#src/api/canary-status.ts';
import type { Action } from '#src/rollout/decision.ts';
import type { Effect } from '#src/rollout/effect.ts';
import { exposureOf, lowered } from '#src/rollout/exposing.ts';
import type { Exposure } from '#src/rollout/exposure.ts';
import type { Observed } from '#src/rollout/observed.ts';
import { planOf } from '#src/rollout/plan.ts';
import { digestsOf } from './an-observed.ts';
import { reaches } from './world-gateway.ts';
import type { WorldState } from './world-state.ts';
import { endpoints, type Moment, serving } from './world-workload.ts';

type Of<Type extends Action['type']> = Extract<Action, { type: Type }>;

const NONE: Exposure = { canaryWeight: 0 };

/** What the canary gets, as it is compared. */
export const exposed = ({ canaryWeight, mirror = 0, pinned }: Exposure): string =>
  JSON.stringify([canaryWeight, mirror, pinned !== undefined]);

/** DESIGN §7 at every write: what must never be is noted in `state.violations` the moment it is. */
export const violate = (state: WorldState, what: string): void => {
  state.violations.push(`${new Date(state.now).toISOString().slice(11, 23)} ${what}`);
};

/** Notes what a status that is about to be stored must not say. */
export const watchStatus = (state: WorldState, next: CanaryStatus, moment: Moment): void => {
  // What only has happened and is not seen yet is nobody's fault.
  const seen = { ...moment, at: moment.at - (moment.story.lag ?? 0) };
  const { run } = next;
  const before = state.status.run;
  if (run !== undefined && run.id !== before?.id) state.starts.push(run.id);
  const raised =
    run?.stage === 'shifting' && run.id === before?.id && (before.weight.set > 0 || before.weight.matched === true)
      ? run.weight.set > before.weight.set
      : false;
  if (run !== undefined && raised && !state.isShort && state.judged[run.id]?.last !== 'pass') {
    violate(state, `2: weight of ${run.id} rose to ${run.weight.set} without a pass`);
  }
  if (run?.outcome !== undefined && before?.outcome === undefined) {
    const { id, revision, outcome, cause } = run;
    state.outcomes.push({ run: id, revision, outcome, ...(cause === undefined ? {} : { cause }) });
    const serves = endpoints(state.primary, moment) > 0 && endpoints(state.primary, seen) > 0;
    if (serves && reaches(state.route)) {
      violate(state, `3: ${outcome} of ${id} was recorded while users reach the canary`);
    }
  }
  if (JSON.stringify(next).length > 64 * 1024) violate(state, 'status is larger than 64 KiB');
};

/** Notes a window of which a part lies before the run asked for the weight that it judges. */
export const watchWindow = (state: WorldState, { window }: Extract<Effect, { kind: 'measure' }>): void => {
  const asked = Date.parse(state.status.run?.weight.since ?? '');
  if (window.from < asked && asked <= state.now) violate(state, `2: a window from ${asked - window.from} ms too early`);
};

/** Notes a primary that is given what was not judged as a whole. */
export const watchPrimary = (state: WorldState, action: Of<'applyPrimary'>): void => {
  const { stable, run } = state.status;
  if (!state.pinned.includes(action.revision)) violate(state, `4: primary of unpinned ${action.revision}`);
  if (action.revision === stable?.revision) return;
  const passed = state.judged[run?.id ?? '']?.passed ?? [];
  const isFast = run?.fast !== undefined || state.isShort;
  const planned = planOf(state.spec).flatMap(({ weight, mirror, matched, windows }) =>
    Array.from({ length: windows }, () => JSON.stringify([weight, mirror ?? 0, matched === true])),
  );
  const missing = planned.filter(
    (step, index) =>
      passed.filter((one) => one === step).length < planned.slice(0, index + 1).filter((one) => one === step).length,
  );
  if (run?.revision !== action.revision || (!isFast && missing.length > 0)) {
    violate(state, `4: primary got ${action.revision}, which was not judged at ${missing.join(' ')}`);
  }
  const wanted = state.spec.pinImages ? digestsOf(action.revision).podinfo : undefined;
  if (action.digests?.['podinfo'] !== wanted) violate(state, '4: other digests');
};

/** Notes a route that exposes what it must not. */
export const watchRoute = (
  state: WorldState,
  wanted: Exposure,
  { moment, lag }: { readonly moment: Moment; readonly lag: number },
): void => {
  const { canaryWeight: weight, mirror = 1 } = wanted;
  if (!Number.isInteger(weight) || weight < 0 || weight > 100) violate(state, `1: weight ${weight}`);
  if (!Number.isInteger(mirror) || mirror < 1 || mirror > 100) violate(state, `1: mirror ${mirror}`);
  const found = state.route?.exposure ?? NONE;
  const { run } = state.status;
  const isMore = lowered(wanted, { ...found, ...(wanted.affinity === undefined ? {} : { affinity: wanted.affinity }) });
  if (isMore !== undefined) {
    const recorded = run === undefined ? NONE : exposureOf(run);
    if (lowered(wanted, recorded) !== undefined)
      violate(state, `2: route ${exposed(wanted)} above what status records`);
    if (run?.outcome !== undefined) violate(state, '3: raised after the outcome');
    const ready = endpoints(state.side, moment);
    const enough = weight === 100 ? (state.primary?.replicas ?? 1) : 1;
    if (lag === 0 && ready < enough) violate(state, `3: ${exposed(wanted)} on ${ready} ready pods`);
  }
  const isLess =
    weight < found.canaryWeight || (found.pinned !== undefined && wanted.pinned === undefined && weight < 100);
  if (isLess && endpoints(state.primary, moment) === 0)
    violate(state, '3: traffic went to a primary that is not ready');
};

/** Who gets traffic, after every write. */
export const watchTraffic = (state: WorldState, moment: Moment): void => {
  if (!reaches(state.route) || state.route?.foreign === true) return;
  const { run } = state.status;
  const served = state.side && serving(state.side, moment);
  if (run === undefined || state.side === undefined) {
    violate(state, '5: users reach the canary without a run and its canary');
  } else if (endpoints(state.side, moment) > 0 && served !== run.revision) {
    violate(state, `5: ${served} gets traffic in the run of ${run.revision}`);
  }
};

/** After every reconcile: no more traffic than recorded, and none on pods that were seen to be gone. */
export const watchExposure = (state: WorldState, { side, primary, status }: Observed): void => {
  if (!reaches(state.route) || (primary?.endpoints ?? 0) === 0) return;
  const recorded = state.status.run === undefined ? NONE : exposureOf(state.status.run);
  const found = state.route?.exposure ?? NONE;
  if (lowered(found, recorded) !== undefined) violate(state, `2: ${exposed(found)} stayed above what is recorded`);
  if (status.run !== undefined && (side?.endpoints ?? 0) === 0)
    violate(state, `3: ${exposed(found)} stayed on no pods`);
};
