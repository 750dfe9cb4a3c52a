import type { StoredCanarySpec } from './canary.ts';
import type { Strategy } from './words.ts';

/** How a run of this Canary gives its version traffic: chosen requests, all at once after iterations, or by weights. */
export const strategyOf = ({
  analysis: { iterations = 0, match = [] },
}: {
  readonly analysis: Pick<StoredCanarySpec['analysis'], 'iterations' | 'match'>;
}): Strategy => {
  if (iterations === 0) return 'canary';
  return match.length > 0 ? 'abTest' : 'blueGreen';
};
