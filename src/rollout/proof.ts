import type { ProveEffect } from './effect.ts';
import { exposes, exposureOf, isExposed } from './exposing.ts';
import type { Observed, RouteView } from './observed.ts';
import { timeMs } from './time.ts';

/**
 * The question to the plane whether it has passed the run's weight on to its proxies; undefined where it cannot be
 * asked, and where nothing is exposed: a rollback waits for no proof.
 */
export const proofEffect = ({ route, status: { run } }: Observed): ProveEffect | undefined => {
  if (route.proof === undefined || run === undefined) return undefined;
  const { set, since } = run.weight;
  if (!isExposed(run.weight) || !exposes(route, exposureOf(run))) return undefined;
  return { kind: 'prove', key: `prove/${run.id}/${set}/${since}`, since: timeMs(since) };
};

const proven = (observed: Observed, { key }: ProveEffect): RouteView => {
  const { route, effects } = observed;
  const state = effects.get(key);
  // A proxy has refused the routes: it is asked again, so that the run goes on when that is mended.
  if (state?.state === 'failed') return { ...route, acceptance: 'refused', detail: state.error };
  if (state?.state !== 'done' || state.result.kind !== 'prove') {
    return { ...route, acceptance: 'pending', detail: 'istiod has not said yet that the proxies have the weight' };
  }
  const { verdict, detail } = state.result;
  switch (verdict) {
    case 'programmed':
      return { ...route, acceptance: 'accepted', detail, since: state.at };
    case 'unproven':
      return { ...route, detail };
  }
};

/** What was observed, with the route accepted no sooner than its plane says that the proxies have it. */
export const withProof = (observed: Observed): Observed => {
  const effect = observed.route.acceptance === 'unknown' ? proofEffect(observed) : undefined;
  return effect === undefined ? observed : { ...observed, route: proven(observed, effect) };
};
