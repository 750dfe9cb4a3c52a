import type { Action, Decision } from '#src/rollout/decision.ts';

/** An action in a few words: its type and what it is about. */
export const actionText = (action: Action): string => {
  switch (action.type) {
    case 'pinRevision':
      return `pinRevision ${action.revision}`;
    case 'applyPrimary':
    case 'applyCanary':
      return `${action.type} ${action.revision} x${action.replicas}`;
    case 'scaleTarget':
      return `scaleTarget ${action.replicas}`;
    case 'applyService':
      return `applyService ${action.service}`;
    case 'setRoute':
      return ['setRoute', action.canaryWeight, ...(action.stamp === undefined ? [] : [action.stamp])].join(' ');
    case 'writeRun':
      return `writeRun ${action.record.run} ${action.record.outcome}`;
    case 'noteRun':
      return `noteRun ${action.run} ${Object.keys(action.notes).join(' ')}`;
    case 'collect':
      return `collect but ${action.keepRevisions.join(' ')}`;
    default:
      return action.type;
  }
};

/** A decision as tests compare it: actions and events in words. */
export const shown = ({ before, after, events, effects }: Decision) => ({
  before: before.map(actionText),
  after: after.map(actionText),
  events: events.map(({ reason }) => reason),
  effects: effects.map(({ key }) => key.replace(/[0-9a-f]{64}/, '…')),
});

/** Nothing to do. */
export const NOTHING = { before: [], after: [], events: [], effects: [] };
