import type { RunNotes } from '#src/api/canary-status.ts';
import type { EffectState } from '#src/rollout/effect.ts';
import { NOTE_FIELDS } from '#src/rollout/note-run.ts';
import type { NotedView, Observed } from '#src/rollout/observed.ts';
import { aRevision, GIT_ON, SUCCESS_RATE } from './an-observed.ts';
import type { Story } from './story.ts';
import { routeView } from './world-gateway.ts';
import type { WorldState } from './world-state.ts';
import { viewOf } from './world-workload.ts';

/** How long the outside takes to answer. */
export const ANSWER_MS = 100;

const notedIn = (notes: RunNotes): NotedView => ({
  fields: NOTE_FIELDS.filter((field) => field in notes),
  hooks: (notes.hooks ?? []).map(({ name }) => name),
});

/** What the controller sees of a world now; what others did, as late as the story says. */
export const worldView = (state: WorldState, story: Story): Observed => {
  const seenAt = state.now - (story.lag ?? 0);
  const revision = state.pushes.findLast(({ at }) => at <= seenAt)?.revision ?? 'v1';
  const moment = { story: story, at: seenAt };
  const { run, stable } = state.status;
  const digests = run?.stage === 'promoting' || run?.stage === 'returning' ? run.digests : stable?.digests;
  const primary = state.primary && viewOf(state.primary, digests, moment);
  const side = state.side && viewOf(state.side, undefined, moment);
  const up = state.target.replicas;
  const selects = state.apexMoved ? 'primary' : 'other';
  const service = (name: 'primary' | 'canary') =>
    state.services.includes(name) ? { [name]: { selects: name, current: true, endpointsMatch: true } } : {};
  return {
    cluster: 'eu-1',
    canary: {
      namespace: 'shop',
      name: 'podinfo',
      uid: 'uid-1',
      generation: state.generation,
      spec: state.spec,
      hasFinalizer: state.finalizer,
      deleting: state.deleting,
    },
    status: state.status,
    problems: [],
    target: { uid: 'uid-t', deleting: false, replicas: up, readyReplicas: up, revision: aRevision(revision) },
    ...(primary && { primary }),
    ...(side && { side }),
    services: {
      apex: { selects, current: state.apexMoved, endpointsMatch: state.apexMoved },
      ...service('primary'),
      ...service('canary'),
    },
    route: routeView(state, seenAt),
    pinned: state.pinned,
    recorded: state.recorded,
    noted: Object.fromEntries(Object.entries(state.noted).map(([run, notes]) => [run, notedIn(notes)])),
    metrics: [SUCCESS_RATE],
    git: story.git ?? GIT_ON,
    alerts: [{ provider: 'shop/slack', severity: 'info' }],
    effects: new Map(
      state.effects.map(({ key, doneAt, result }): [string, EffectState] => [
        key,
        doneAt <= state.now ? { state: 'done', at: doneAt, result } : { state: 'running', since: doneAt - ANSWER_MS },
      ]),
    ),
    namespaceDeleting: false,
    ...(state.actions.length === 0 ? {} : { actions: state.actions }),
  };
};
