import { sameJson } from '../lib/json.ts';
import type { Affinity, Cookie } from '../rollout/exposure.ts';
import type { readSetCookie } from './set-cookie.ts';

/** Where the holders of a cookie are led. */
export type Way = {
  readonly cookie: Cookie;
  /** Percent of their requests that the canary gets. */
  readonly percent: number;
};

/** For each cookie of the affinity where its holders are led, in the order that counts: who holds several is the canary's. */
export const waysOf = ({
  canary,
  primary,
  redraw,
}: Affinity): readonly (Way & { readonly name: 'canary' | 'primary' | 'redrawn' })[] => [
  { name: 'canary', cookie: canary, percent: 100 },
  { name: 'primary', cookie: primary, percent: 0 },
  ...(redraw === undefined ? [] : [{ name: 'redrawn' as const, cookie: redraw.cookie, percent: redraw.canaryWeight }]),
];

/** Shares are written in hundredths of a percent. */
export const roundedShare = (percent: number): number => Math.round(percent * 100) / 100;

/** `waysOf` backwards, with what each side sets on its answers; undefined when it is not the whole of an affinity. */
export const affinityFrom = (
  ways: readonly Way[],
  {
    canary,
    primary,
  }: {
    readonly canary: ReturnType<typeof readSetCookie>;
    readonly primary: ReturnType<typeof readSetCookie>;
  },
): Affinity | undefined => {
  if (canary === undefined || primary === undefined) return undefined;
  const leads = (cookie: Cookie): boolean => ways.some((way) => sameJson(way.cookie, cookie));
  if (!leads(canary.cookie) || !leads(primary.cookie)) return undefined;
  const other = ways.find(({ cookie }) => !sameJson(cookie, canary.cookie) && !sameJson(cookie, primary.cookie));
  const redraw = other && { cookie: other.cookie, canaryWeight: roundedShare(other.percent) };
  return {
    canary: canary.cookie,
    primary: primary.cookie,
    ...(redraw === undefined ? {} : { redraw }),
    attributes: canary.attributes,
  };
};
