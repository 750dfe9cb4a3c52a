import type { Action, EventNote } from './decision.ts';
import { type Fought, remedy, routeFought } from './drift.ts';
import type { FightView, Observed } from './observed.ts';
import { canaryName, primaryName } from './sides.ts';
import { namesHeld } from './taken-over.ts';

/** What an action puts right when somebody else has written it, and who that is, as far as it is observed. */
export const foughtBy = (
  observed: Observed,
  action: Action,
): { readonly fought: Fought; readonly by: string | undefined } | undefined => {
  const { canary, route, services, primary, side, target, autoscaler } = observed;
  const { kind, name } = canary.spec.targetRef;
  switch (action.type) {
    case 'setRoute':
      return { fought: routeFought(canary.spec), by: route.foreignManager };
    case 'applyService': {
      const { service } = namesHeld(canary.spec);
      const isApex = action.service === 'apex';
      const fought = { kind: 'Service', name: isApex ? service : `${service}-${action.service}` } as const;
      return { fought: { ...fought, field: '/spec/selector' }, by: services[action.service]?.foreignManager };
    }
    case 'applyPrimary':
      return { fought: { kind, name: primaryName(observed), field: '/spec/template' }, by: primary?.changedBy };
    case 'applyCanary':
      return { fought: { kind, name: canaryName(observed), field: '/spec/template' }, by: side?.changedBy };
    case 'scaleTarget':
      return {
        fought: { kind, name, field: kind === 'DaemonSet' ? '/spec/template/spec/nodeSelector' : '/spec/replicas' },
        by: target?.scaledBy,
      };
    case 'applyAutoscaler':
      return (
        autoscaler && {
          fought: { kind: autoscaler.kind, name: `${autoscaler.name}-primary`, field: '/spec' },
          by: autoscaler.changedBy,
        }
      );
    default:
      return undefined;
  }
};

/** 10, 20, 50, 100 and so on: what is told again only when it has become much more. */
const atLeast = (times: number): number => {
  const decade = 10 ** Math.floor(Math.log10(Math.max(times, 1)));
  return decade * (times >= 5 * decade ? 5 : times >= 2 * decade ? 2 : 1);
};

/** A fight over the route, which keeps a run from being judged. */
export const routeFight = ({ fights = [], canary }: Observed): EventNote | undefined => {
  const route = routeFought(canary.spec);
  const fight = fights.find(({ kind, name }) => kind === route.kind && name === route.name);
  return fight && noteOf(fight);
};

/** Two that write the same field by turns: who, what, how often, and what ends it. */
export const fightNote = ({ fights: [fight] = [] }: Observed): EventNote | undefined => fight && noteOf(fight);

const noteOf = (fight: FightView): EventNote => {
  const { kind, name, field, times, by } = fight;
  const end =
    by === undefined
      ? `find what changes ${field} of ${kind} ${name}: another writer, or a webhook`
      : remedy(by, fight);
  const note = `${by ?? 'Somebody'} and Serin write ${field} of ${kind} ${name} by turns: it was put back at least ${atLeast(times)} times, from now on less often. To end this, ${end}`;
  const isOfTraffic =
    field !== '/spec/template' && field !== '/spec/replicas' && field !== '/spec' && kind !== 'DaemonSet';
  return { reason: isOfTraffic ? 'RouteDrift' : 'WorkloadDrift', note };
};
