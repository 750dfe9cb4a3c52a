import { assertNever } from '../../../lib/assert-never.ts';
import { type Labels, labelKey, METRIC_NAME, omitLabels, pickLabels, withoutName } from '../labels.ts';
import { newestIn, type SeriesStore, valuesIn } from '../series-store.ts';
import { binaryOperation } from './binary-operation.ts';
import type { Expression, RangeSelector, Selector } from './expression.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import { distinct, type Value, type VectorSample } from './value.ts';

export type Evaluation = {
  readonly store: SeriesStore;
  /** Evaluation time, ms since the epoch. */
  readonly time: number;
  /** A sample older than this is not seen by an instant selector. */
  readonly lookbackMs: number;
};

/** What a parsed query is at one time. Ranges and look-back exclude their start, as in Prometheus 3. */
export const evaluate = (expression: Expression, evaluation: Evaluation): Value => {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'parentheses':
      return evaluate(expression.body, evaluation);
    case 'selector':
      return {
        type: 'vector',
        samples: selectInstant(expression, evaluation).map(({ labels, value }) => ({ labels, value })),
      };
    case 'range':
      return selectRange(expression, evaluation);
    case 'negation': {
      const value = evaluate(expression.body, evaluation);
      if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
      const samples = vectorOf(value).map(({ labels, value }) => ({ labels: withoutName(labels), value: -value }));
      return { type: 'vector', samples: distinct(samples) };
    }
    case 'binary':
      return binaryOperation(expression, evaluate(expression.left, evaluation), evaluate(expression.right, evaluation));
    case 'aggregate':
      return { type: 'vector', samples: aggregate(expression, vectorOf(evaluate(expression.body, evaluation))) };
    case 'call':
      return call(expression, evaluation);
    default:
      return assertNever(expression, 'expression');
  }
};

type Timed = VectorSample & { readonly time: number };

const selectInstant = (selector: Selector, evaluation: Evaluation): readonly Timed[] => {
  const until = evaluation.time - selector.offsetMs;
  return evaluation.store.select(selector.matchers).flatMap(({ labels, samples }) => {
    const newest = newestIn(samples, { after: until - evaluation.lookbackMs, until });
    return newest === undefined || newest.value === null ? [] : [{ labels, value: newest.value, time: newest.time }];
  });
};

const selectRange = (
  { selector, rangeMs }: RangeSelector,
  evaluation: Evaluation,
): Extract<Value, { type: 'matrix' }> => {
  const end = evaluation.time - selector.offsetMs;
  const start = end - rangeMs;
  const series = evaluation.store.select(selector.matchers).flatMap(({ labels, samples }) => {
    const values = valuesIn(samples, { after: start, until: end });
    return values.length === 0 ? [] : [{ labels, samples: values }];
  });
  return { type: 'matrix', series, start, end };
};

const aggregate = (
  expression: Extract<Expression, { kind: 'aggregate' }>,
  samples: readonly VectorSample[],
): readonly VectorSample[] => {
  const { mode, labels: names } = expression.grouping;
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of samples) {
    const kept = mode === 'by' ? pickLabels(labels, names) : omitLabels(labels, [METRIC_NAME, ...names]);
    const key = labelKey(kept);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: kept, values: [value] });
    else group.values.push(value);
  }
  return [...groups.values()].map(({ labels, values }) => ({
    labels,
    value: AGGREGATIONS[expression.operator](values),
  }));
};

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
/** NaN gives way to any number. */
const extreme = (values: readonly number[], pick: (a: number, b: number) => number): number =>
  values.reduce(
    (best, value) => (Number.isNaN(best) ? value : Number.isNaN(value) ? best : pick(best, value)),
    Number.NaN,
  );

const AGGREGATIONS = {
  sum: total,
  avg: (values: readonly number[]) => total(values) / values.length,
  min: (values: readonly number[]) => extreme(values, Math.min),
  max: (values: readonly number[]) => extreme(values, Math.max),
  count: (values: readonly number[]) => values.length,
};

/** When each sample of a selector was scraped; whatever is computed is of the evaluation time. In seconds. */
const timestamps = (argument: Expression | undefined, evaluation: Evaluation): Value => {
  if (argument?.kind === 'parentheses') return timestamps(argument.body, evaluation);
  if (argument?.kind !== 'selector') {
    return mapValues(argument && evaluate(argument, evaluation), () => evaluation.time / 1000);
  }
  const samples = selectInstant(argument, evaluation).map(({ labels, time }) => ({
    labels: withoutName(labels),
    value: time / 1000,
  }));
  return { type: 'vector', samples: distinct(samples) };
};

const call = (expression: Extract<Expression, { kind: 'call' }>, evaluation: Evaluation): Value => {
  if (expression.name === 'timestamp') return timestamps(expression.args[0], evaluation);
  const args = expression.args.map((argument) => evaluate(argument, evaluation));
  const [first, second] = args;
  const rangeFunction = RANGE_FUNCTIONS[expression.name];
  if (rangeFunction !== undefined && first?.type === 'matrix') {
    const samples = first.series.flatMap(({ labels, samples }) => {
      const value = rangeFunction({ samples, start: first.start, end: first.end });
      const kept = expression.name === 'last_over_time' ? labels : withoutName(labels);
      return value === undefined ? [] : [{ labels: kept, value }];
    });
    return { type: 'vector', samples: distinct(samples) };
  }
  switch (expression.name) {
    case 'histogram_quantile':
      return { type: 'vector', samples: histogramQuantile(scalarOf(first), vectorOf(second)) };
    case 'clamp_min':
      return mapValues(first, (value) => Math.max(value, scalarOf(second)));
    case 'clamp_max':
      return mapValues(first, (value) => Math.min(value, scalarOf(second)));
    case 'abs':
      return mapValues(first, Math.abs);
    case 'absent':
      return {
        type: 'vector',
        samples: vectorOf(first).length > 0 ? [] : [{ labels: absentLabels(expression), value: 1 }],
      };
    case 'vector':
      return { type: 'vector', samples: [{ labels: {}, value: scalarOf(first) }] };
    case 'scalar': {
      const [only, ...others] = vectorOf(first);
      return { type: 'scalar', value: only === undefined || others.length > 0 ? Number.NaN : only.value };
    }
    case 'time':
      return { type: 'scalar', value: evaluation.time / 1000 };
    default:
      throw new TypeError(`Cannot evaluate ${expression.name}(): it has a signature but no code`);
  }
};

/** `absent` names what it missed by the labels that the selector pins down. */
const absentLabels = (expression: Extract<Expression, { kind: 'call' }>): Labels => {
  const [argument] = expression.args;
  if (argument?.kind !== 'selector') return {};
  const pinned = argument.matchers.filter((one) => one.operator === '=' && one.label !== METRIC_NAME);
  return Object.fromEntries(pinned.map((one) => [one.label, one.value]));
};

const mapValues = (value: Value | undefined, change: (value: number) => number): Value => ({
  type: 'vector',
  samples: distinct(
    vectorOf(value).map((sample) => ({ labels: withoutName(sample.labels), value: change(sample.value) })),
  ),
});

const vectorOf = (value: Value | undefined): readonly VectorSample[] => {
  if (value?.type === 'vector') return value.samples;
  throw new TypeError(`Cannot use a ${value?.type ?? 'missing value'} as an instant vector`);
};

const scalarOf = (value: Value | undefined): number => {
  if (value?.type === 'scalar') return value.value;
  throw new TypeError(`Cannot use a ${value?.type ?? 'missing value'} as a scalar`);
};
