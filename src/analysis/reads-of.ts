import { parser } from '@prometheus-io/lezer-promql';
import type { MetricCheck } from '../rollout/metric-check.ts';
import { renderQuery } from './render-query.ts';

/** Series that a check looks at over its window, and how many samples of one there must be for a value. */
export type Read = { readonly selector: string; readonly samples: 1 | 2 };

/** A range that nobody writes, by which the ranges of one window are found again. */
const WINDOW = '987654321s';
const OF_TWO: readonly string[] = ['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv', 'predict_linear'];
/** More are not looked at. */
const MAX_READS = 4;

/** What the window of `check` is held against, the oldest series first. Nothing where secrets are part of the query. */
export const readsOf = ({ query, secretArgs }: MetricCheck): readonly Read[] => {
  if (query.kind !== 'text') {
    const { primary, selectors } = query;
    return [...(primary === undefined ? [] : [primary]), selectors.requests].map((selector) => ({
      selector,
      samples: 1,
    }));
  }
  if (Object.keys(secretArgs ?? {}).length > 0) return [];
  return selectorsIn(renderQuery(query.text, { values: new Map([['interval', WINDOW]]) }).text);
};

/** Selectors of ranges of one window, and those without a range, which see no further back either. */
const selectorsIn = (text: string): readonly Read[] => {
  const reads: Read[] = [];
  parser.parse(text).iterate({
    enter: ({ name, from, to, node }) => {
      if (name !== 'VectorSelector') return;
      const selector = text.slice(from, to);
      if (reads.length === MAX_READS || selector.includes(WINDOW) || reads.some((read) => read.selector === selector)) {
        return;
      }
      const { parent } = node;
      if (parent?.name !== 'MatrixSelector') {
        reads.push({ selector, samples: 1 });
      } else if (text.slice(to, parent.to).replaceAll(/[[\]\s]/g, '') === WINDOW) {
        const called = parent.parent?.parent?.firstChild;
        const isOfTwo = called != null && OF_TWO.includes(text.slice(called.from, called.to));
        reads.push({ selector, samples: isOfTwo ? 2 : 1 });
      }
    },
  });
  return reads;
};
