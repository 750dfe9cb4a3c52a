import type { CanarySpec } from '../api/canary.ts';
import { askedMatches } from './asked-matches.ts';
import type { Affinity, Exposure } from './exposure.ts';

/** Cookies as a run writes them, of no run. */
const anyAffinity = ({ analysis: { sessionAffinity } }: CanarySpec): Affinity | undefined => {
  if (sessionAffinity === undefined) return undefined;
  const {
    cookieName,
    primaryCookieName = `${cookieName}-primary`,
    httpOnly,
    secure,
    partitioned,
    ...rest
  } = sessionAffinity;
  const primary = (weight: number) => ({ name: primaryCookieName, value: `0123456789-${weight}` });
  return {
    canary: { name: cookieName, value: '0123456789' },
    primary: primary(99),
    redraw: { cookie: primary(50), canaryWeight: 33.33 },
    attributes: {
      ...rest,
      ...(httpOnly === true ? { httpOnly } : {}),
      ...(secure === true ? { secure } : {}),
      ...(partitioned === true ? { partitioned } : {}),
    },
  };
};

/**
 * What runs of this spec may ask of the route beside weights, each in its fullest form; none for a Canary whose runs go
 * by weights alone.
 */
export const possibleExposures = (spec: CanarySpec): readonly Exposure[] => {
  const pinned = askedMatches(spec);
  const affinity = anyAffinity(spec);
  const { mirror, mirrorWeight = 100 } = spec.analysis;
  return [
    ...(pinned.length === 0 ? [] : [{ canaryWeight: 0, pinned }]),
    ...(mirror !== true || mirrorWeight === 0 ? [] : [{ canaryWeight: 0, mirror: mirrorWeight }]),
    // At the last weight everything stands that stands at any.
    ...(affinity === undefined ? [] : [{ canaryWeight: 99, affinity }]),
  ];
};
