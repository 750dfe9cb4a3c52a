import type { CanaryStatus } from '../api/canary-status.ts';
import { FLAGGER_FINALIZER } from '../api/names.ts';
import type { Problem } from '../api/problem.ts';
import { stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';
import { handOverOf, shadowOf } from './shadow.ts';
import type { Translated } from './translate.ts';
import type { Watcher } from './watchers.ts';

/** What is looked at before one step of a hand-over. */
export type Seen = {
  readonly original: KubeObject;
  /** The serin.dev Canary of the same name. */
  readonly namesake: KubeObject | undefined;
  /** Its status, when it is the shadow. */
  readonly status: CanaryStatus;
  /** The namespace lets Serin run its flagger.app objects. */
  readonly isInvited: boolean;
  /** Flaggers that run the Canaries of this namespace. */
  readonly watchers: readonly Watcher[];
  readonly translated: Translated;
  /** A primary serves in the shape that Flagger gives it, so that Flagger can have it. */
  readonly isFlaggersShape: boolean;
};

/** The next thing to do about one flagger.app Canary. */
export type Step =
  /** It is none of Serin's business, or everything is done. */
  | { readonly step: 'none' }
  /** Nothing is touched; a person must act, in these words. */
  | { readonly step: 'refuse'; readonly problems: readonly Problem[] }
  /** Holds the original and makes a shadow about which nothing is decided yet. */
  | { readonly step: 'begin'; readonly translated: Extract<Translated, { ok: true }> }
  /** Takes what Flagger made off its Canary, then lets the shadow be decided about. */
  | { readonly step: 'adopt'; readonly shadow: KubeObject }
  /** Keeps the shadow equal to what the original means, and the original's status to the shadow's. */
  | {
      readonly step: 'run';
      readonly shadow: KubeObject;
      readonly translated: Translated;
      /** What is told beside it. */
      readonly problems: readonly Problem[];
    }
  /** Waits for the shadow, as it stands, and shows its status. */
  | { readonly step: 'wait'; readonly shadow: KubeObject; readonly problems: readonly Problem[] }
  /** Gives everything back to the target by deleting the shadow. */
  | { readonly step: 'end'; readonly shadow: KubeObject }
  /** The original may go, or is Flagger's again. */
  | { readonly step: 'release' }
  /** Stops deciding about the shadow, to give what it holds to Flagger. */
  | { readonly step: 'leave'; readonly shadow: KubeObject }
  /** Gives what the shadow holds to Flagger's Canary, in Flagger's shape, and lets the shadow go. */
  | { readonly step: 'handBack'; readonly shadow: KubeObject };

/** Phases of Flagger's in which nothing is under way. */
const SETTLED = ['Initialized', 'Succeeded', 'Failed', 'Initializing', ''];

const held = (where: string, message: string): Problem => ({ where, message, reason: 'Held' });

const isHeld = (original: KubeObject): boolean => original.metadata.finalizers?.includes(FLAGGER_FINALIZER) ?? false;

const watched = (watchers: readonly Watcher[]): readonly Problem[] =>
  watchers.map(({ deployment, namespace }) =>
    held(
      `Deployment ${deployment}`,
      `it is a Flagger that runs the Canaries of ${namespace === undefined ? 'all namespaces' : 'this namespace'}, and two controllers would fight over every weight: scale it to 0 or take the label serin.dev/watch-flagger off the namespace`,
    ),
  );

/** What keeps a Canary that nobody runs yet from being taken over. */
const inTheWay = ({ original, watchers, translated }: Seen): readonly Problem[] => {
  const flaggers = watched(watchers);
  if (flaggers.length > 0) return flaggers;
  const phase = stringAt(original, 'status', 'phase') ?? '';
  if (!isHeld(original) && !SETTLED.includes(phase)) {
    const message = `Flagger has left a run in the phase ${phase}, and with it traffic where it may not stay: start that Flagger again until the phase is Initialized, Succeeded or Failed`;
    return [held('status.phase', message)];
  }
  return translated.ok ? [] : translated.problems;
};

const namesakeProblem = ({ metadata }: KubeObject): Problem =>
  held(
    `Canary.serin.dev ${metadata.namespace ?? ''}/${metadata.name}`,
    'it has the name that the shadow of this Canary needs and was not made for it: want one of the two deleted or renamed',
  );

const invited = (seen: Seen): Step => {
  const { original, namesake, watchers, translated } = seen;
  if (namesake === undefined) {
    const problems = inTheWay(seen);
    return problems.length > 0 || !translated.ok ? { step: 'refuse', problems } : { step: 'begin', translated };
  }
  if (shadowOf(namesake) === undefined) return { step: 'refuse', problems: [namesakeProblem(namesake)] };
  // It stands for an earlier Canary of this name, whose end it has not seen.
  if (shadowOf(namesake) !== original.metadata.uid) return { step: 'end', shadow: namesake };
  if (namesake.metadata.deletionTimestamp !== undefined) return { step: 'wait', shadow: namesake, problems: [] };
  const handOver = handOverOf(namesake);
  if (handOver === 'in') return { step: 'adopt', shadow: namesake };
  if (handOver === 'out') return { step: 'handBack', shadow: namesake };
  const problems = [...watched(watchers), ...(translated.ok ? [] : translated.problems)];
  return { step: 'run', shadow: namesake, translated, problems };
};

/** The way back: at rest what serves is handed to Flagger; what never served is given back to the target. */
const uninvited = ({ original, namesake, status, isFlaggersShape }: Seen): Step => {
  const shadow = namesake !== undefined && shadowOf(namesake) === original.metadata.uid ? namesake : undefined;
  if (shadow === undefined) return isHeld(original) ? { step: 'release' } : { step: 'none' };
  if (shadow.metadata.deletionTimestamp !== undefined && handOverOf(shadow) !== 'out') {
    return { step: 'wait', shadow, problems: [] };
  }
  if (handOverOf(shadow) === 'out') return { step: 'handBack', shadow };
  // What was begun is ended first: half of it would be nobody's.
  if (handOverOf(shadow) === 'in') return { step: 'adopt', shadow };
  if (status.stable === undefined || status.phase === 'Initializing' || !isFlaggersShape)
    return { step: 'end', shadow };
  if (status.run !== undefined) {
    const message =
      'the namespace has lost the label serin.dev/watch-flagger; Flagger can have this Canary when the run has ended';
    return { step: 'wait', shadow, problems: [held(`Run ${status.run.id}`, message)] };
  }
  return { step: 'leave', shadow };
};

/** The next step for a flagger.app Canary. Pure; each step is idempotent and taken again until its effect is seen. */
export const nextStep = (seen: Seen): Step => {
  const { original, namesake, isInvited } = seen;
  if (original.metadata.deletionTimestamp === undefined) return isInvited ? invited(seen) : uninvited(seen);
  const shadow = namesake !== undefined && shadowOf(namesake) === original.metadata.uid ? namesake : undefined;
  if (shadow === undefined) return isHeld(original) ? { step: 'release' } : { step: 'none' };
  const handOver = handOverOf(shadow);
  if (handOver === 'in') return { step: 'adopt', shadow };
  if (handOver === 'out') return { step: 'handBack', shadow };
  return shadow.metadata.deletionTimestamp === undefined
    ? { step: 'end', shadow }
    : { step: 'wait', shadow, problems: [] };
};
