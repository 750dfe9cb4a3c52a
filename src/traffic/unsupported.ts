import type { Condition } from '../rollout/request-match.ts';
import type { Capabilities, TrafficIntent } from './router.ts';
import { PERCENT_PPM } from './split.ts';

const PLACES: Readonly<Record<Condition['on'], string>> = {
  header: 'headers',
  cookie: 'cookies',
  query: 'query parameters',
};

const pinRefusal = ({ pins, pinLimits }: Capabilities, pinned: TrafficIntent['pinned'] = []): string | undefined => {
  const conditions = pinned.flat();
  for (const { on, op } of conditions) {
    const known = pins[on];
    if (known.length === 0) {
      const others = (['header', 'cookie', 'query'] as const).filter((place) => pins[place].length > 0);
      const instead = others.length === 0 ? 'no match' : `a match of ${others.map((it) => PLACES[it]).join(' or ')}`;
      return `cannot match requests by ${PLACES[on]}; want ${instead}`;
    }
    if (!known.includes(op)) return `cannot match ${PLACES[on]} by ${op}; want ${known.join(' or ')}`;
  }
  if (pinLimits === undefined) return undefined;
  if (pinned.length > pinLimits.matches) {
    return `takes ${pinLimits.matches} matches, not ${pinned.length}; want fewer alternatives`;
  }
  const longest = Math.max(0, ...pinned.map((match) => match.length));
  if (longest <= pinLimits.conditions) return undefined;
  return `takes ${pinLimits.conditions} conditions in a match, not ${longest}; want fewer`;
};

const mirrorRefusal = ({ mirror }: Capabilities, percent: number): string | undefined => {
  if (mirror === 'none') return 'cannot mirror requests; want weights, or another data plane';
  if (mirror === 'full' && percent < 100) return `can mirror all requests or none, not ${percent} % of them; want 100`;
  return undefined;
};

const affinityRefusal = ({ affinity }: Capabilities, { split, pinned, mirror }: TrafficIntent): string | undefined => {
  if (!affinity) return 'cannot set a cookie on the answers of each side; want no session affinity';
  if (pinned !== undefined || mirror !== undefined) {
    return 'cannot keep clients on their side beside what is pinned or mirrored; want one of them';
  }
  const canary = split.find(({ backend }) => backend.endsWith('-canary'));
  return (canary?.weightPpm ?? 0) < PERCENT_PPM
    ? 'keeps nobody on a canary without a weight; want 1 % or more'
    : undefined;
};

/** What `plane` cannot express of an intent, in one sentence with what would be right; undefined when it can. */
export const unsupported = (
  intent: TrafficIntent,
  { plane, capabilities }: { readonly plane: string; readonly capabilities: Capabilities },
): string | undefined => {
  const { pinned, mirror, affinity } = intent;
  const words =
    pinRefusal(capabilities, pinned) ??
    (mirror === undefined ? undefined : mirrorRefusal(capabilities, mirror)) ??
    (affinity === undefined ? undefined : affinityRefusal(capabilities, intent));
  return words === undefined ? undefined : `${plane} ${words}`;
};

/** Throws a RangeError for an intent that the plane cannot express: writing a part of it would send users astray. */
export const assertSupported = (
  intent: TrafficIntent,
  of: { readonly plane: string; readonly capabilities: Capabilities },
): void => {
  const words = unsupported(intent, of);
  if (words !== undefined) throw new RangeError(`Cannot write the route: ${words}`);
};
