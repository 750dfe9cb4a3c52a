import type { RouteRef } from '../router.ts';
import type { Extras } from './extra-rules.ts';

/** What is to stand in a route. */
export type RouteWanted = {
  readonly ref: RouteRef;
  /** Of the canary. */
  readonly percent: number;
  readonly extras?: Extras;
  readonly stamp?: string | undefined;
};
