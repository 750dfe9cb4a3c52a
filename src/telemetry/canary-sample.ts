import type { Cause, Outcome, Phase, Strategy } from '../api/words.ts';

/** One Canary as its metrics tell it. */
export type CanarySample = {
  readonly namespace: string;
  /** Of the Canary. */
  readonly name: string;
  readonly target: string;
  readonly phase?: Phase | undefined;
  /** Percent that goes to the canary. */
  readonly weight: number;
  /** What it is judged by, with the newest value of each where there is one. */
  readonly metrics: readonly {
    readonly name: string;
    readonly value?: number | undefined;
    readonly min?: number | undefined;
    readonly max?: number | undefined;
  }[];
  /** How its last run ended. */
  readonly last?: { readonly outcome: Outcome; readonly cause?: Cause | undefined } | undefined;
  /** It stands for a Canary of Flagger's. */
  readonly isShadow: boolean;
};

/** One run that has ended. */
export type EndSample = Pick<CanarySample, 'namespace' | 'name' | 'target' | 'isShadow'> & {
  readonly outcome: Outcome;
  readonly cause?: Cause | undefined;
  readonly strategy: Strategy;
  /** It went without (full) analysis. */
  readonly fast: boolean;
};

export const keyOf = ({ namespace, name }: Pick<CanarySample, 'namespace' | 'name'>): string => `${namespace}/${name}`;

/** 0 running, 1 ok, 2 failed, as Flagger's documentation says of `flagger_canary_status`. */
export const statusOf = (phase: Phase | undefined): number =>
  phase === 'Succeeded' || phase === 'Initialized' ? 1 : phase === 'Failed' ? 2 : 0;

/** Whether a run that ended so has brought its version out; undefined for one that was overtaken, which says nothing of it. */
export const successOf = (outcome: Outcome): boolean | undefined => {
  if (outcome === 'Promoted' || outcome === 'FastPromoted') return true;
  return outcome === 'Superseded' || outcome === 'Withdrawn' ? undefined : false;
};

/** Strategies in Flagger's words. */
export const FLAGGER_STRATEGIES: Readonly<Record<Strategy, string>> = {
  canary: 'canary',
  blueGreen: 'blue-green',
  abTest: 'ab-testing',
};
