import type { CanarySpec } from '../api/canary.ts';
import type { RunStatus } from '../api/canary-status.ts';
import type { SessionAffinitySpec } from '../api/session-affinity.ts';
import { sha256 } from '../lib/hash.ts';
import type { Affinity } from './exposure.ts';

type Kept = NonNullable<RunStatus['affinity']>;

/** Only what is set: an absent attribute is absent. */
const attributesOf = ({
  maxAge,
  path,
  domain,
  httpOnly,
  secure,
  sameSite,
  partitioned,
}: Omit<SessionAffinitySpec, 'cookieName' | 'primaryCookieName'>): Kept['attributes'] => ({
  maxAge,
  path,
  ...(domain === undefined ? {} : { domain }),
  ...(httpOnly === undefined ? {} : { httpOnly }),
  ...(secure === undefined ? {} : { secure }),
  ...(sameSite === undefined ? {} : { sameSite }),
  ...(partitioned === undefined ? {} : { partitioned }),
});

/** What the values of a run's cookies begin with: no other run's cookies are ever taken for this one's. */
const versionOf = (run: Pick<RunStatus, 'id'>, now: number): string => sha256(`${run.id}/${now}`).slice(0, 10);

/** The affinity that a run of this spec begins with; undefined when none is asked for. */
export const newAffinity = (spec: CanarySpec, run: Pick<RunStatus, 'id'>, now: number): Kept | undefined => {
  const asked = spec.analysis.sessionAffinity;
  if (asked === undefined) return undefined;
  const { cookieName, primaryCookieName = `${cookieName}-primary`, ...attributes } = asked;
  return {
    cookie: cookieName,
    primaryCookie: primaryCookieName,
    version: versionOf(run, now),
    attributes: attributesOf(attributes),
  };
};

/**
 * The affinity of a run that goes to another weight. Rising, clients of the primary are drawn again; falling, everybody
 * is, so that what stays on the canary is what the lower weight says.
 */
export const movedAffinity = (run: RunStatus, weight: number, now: number): Pick<RunStatus, 'affinity'> => {
  const { affinity } = run;
  if (affinity === undefined) return {};
  const { previousWeight: _, ...kept } = affinity;
  const { set } = run.weight;
  if (weight < set) return { affinity: { ...kept, version: versionOf(run, now) } };
  return { affinity: set === 0 ? kept : { ...kept, previousWeight: set } };
};

/** Percent, with two decimals: finer ones cannot be written beside every weight that a route may have. */
const rounded = (percent: number): number => Math.round(percent * 100) / 100;

/**
 * The cookies at the run's present weight. Of the clients that the primary had at the step before, as many change side
 * as the whole share needs to rise to the weight: (w - p) / (1 - p).
 */
export const affinityAt = ({ affinity, weight, stage }: RunStatus): Affinity | undefined => {
  const { set } = weight;
  if (affinity === undefined || set === 0 || stage === 'returning' || stage === 'ending') return undefined;
  const { cookie, primaryCookie, version, previousWeight, attributes } = affinity;
  const { maxAge = 86_400, domain, path, httpOnly, secure, sameSite, partitioned } = attributes;
  const primary = (percent: number) => ({ name: primaryCookie, value: `${version}-${percent}` });
  return {
    canary: { name: cookie, value: version },
    primary: primary(set),
    ...(previousWeight === undefined || previousWeight >= set
      ? {}
      : {
          redraw: {
            cookie: primary(previousWeight),
            canaryWeight: rounded((100 * (set - previousWeight)) / (100 - previousWeight)),
          },
        }),
    attributes: {
      maxAge,
      ...(domain === undefined ? {} : { domain }),
      ...(path === undefined ? {} : { path }),
      ...(httpOnly === true ? { httpOnly } : {}),
      ...(secure === true ? { secure } : {}),
      ...(sameSite === undefined ? {} : { sameSite }),
      ...(partitioned === true ? { partitioned } : {}),
    },
  };
};
