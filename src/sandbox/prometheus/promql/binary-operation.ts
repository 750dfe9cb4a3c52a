import { assertNever } from '../../../lib/assert-never.ts';
import { type Labels, labelKey, METRIC_NAME, omitLabels, pickLabels, withoutName } from '../labels.ts';
import type { BinaryOperator, Expression, Matching } from './expression.ts';
import { PromqlError } from './promql-error.ts';
import { distinct, type Value, type VectorSample } from './value.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;
type NumericOperator = Exclude<BinaryOperator, 'and' | 'or' | 'unless'>;

/** Applies an arithmetic, comparison or set operator; types have been checked. */
export const binaryOperation = (binary: Binary, left: Value, right: Value): Value => {
  const { operator } = binary;
  if (operator === 'and' || operator === 'or' || operator === 'unless') {
    return {
      type: 'vector',
      samples: setOperation(operator, binary.matching, { left: vector(left), right: vector(right) }),
    };
  }
  const combine = { operator, bool: binary.bool, matching: binary.matching };
  if (left.type === 'scalar' && right.type === 'scalar') {
    return { type: 'scalar', value: numeric(operator, left.value, right.value) };
  }
  if (left.type === 'scalar') {
    const samples = vector(right).flatMap((sample) =>
      withScalar(combine, sample, { left: left.value, right: sample.value }),
    );
    return { type: 'vector', samples: distinct(samples) };
  }
  if (right.type === 'scalar') {
    const samples = vector(left).flatMap((sample) =>
      withScalar(combine, sample, { left: sample.value, right: right.value }),
    );
    return { type: 'vector', samples: distinct(samples) };
  }
  return { type: 'vector', samples: distinct(oneToOne(combine, vector(left), vector(right))) };
};

type Combine = { readonly operator: NumericOperator; readonly bool: boolean; readonly matching: Matching };

/** The vector's own value passes a comparison's filter, also when it stands on the right. */
const withScalar = (
  combine: Combine,
  sample: VectorSample,
  sides: { readonly left: number; readonly right: number },
): readonly VectorSample[] => {
  const result = numeric(combine.operator, sides.left, sides.right);
  if (!isComparison(combine.operator) || combine.bool) return [{ labels: withoutName(sample.labels), value: result }];
  return result === 1 ? [sample] : [];
};

const oneToOne = (
  combine: Combine,
  left: readonly VectorSample[],
  right: readonly VectorSample[],
): readonly VectorSample[] => {
  const { matching, operator, bool } = combine;
  const partners = new Map<string, VectorSample>();
  for (const sample of right) {
    const key = matchingKey(sample.labels, matching);
    if (partners.has(key)) throw duplicate('right', key);
    partners.set(key, sample);
  }
  const matched = new Set<string>();
  return left.flatMap((sample) => {
    const key = matchingKey(sample.labels, matching);
    const partner = partners.get(key);
    if (partner === undefined) return [];
    const result = numeric(operator, sample.value, partner.value);
    const filter = isComparison(operator) && !bool;
    if (filter && result !== 1) return [];
    if (matched.has(key)) throw duplicate('left', key);
    matched.add(key);
    const labels = resultLabels(filter ? sample.labels : withoutName(sample.labels), matching);
    return [{ labels, value: filter ? sample.value : result }];
  });
};

const setOperation = (
  operator: 'and' | 'or' | 'unless',
  matching: Matching,
  sides: { readonly left: readonly VectorSample[]; readonly right: readonly VectorSample[] },
): readonly VectorSample[] => {
  const keys = (samples: readonly VectorSample[]): ReadonlySet<string> =>
    new Set(samples.map(({ labels }) => matchingKey(labels, matching)));
  if (operator === 'or') {
    const known = keys(sides.left);
    return distinct([...sides.left, ...sides.right.filter(({ labels }) => !known.has(matchingKey(labels, matching)))]);
  }
  const known = keys(sides.right);
  return sides.left.filter(({ labels }) => known.has(matchingKey(labels, matching)) === (operator === 'and'));
};

const matchingKey = (labels: Labels, { mode, labels: names }: Matching): string =>
  labelKey(mode === 'on' ? pickLabels(labels, names) : omitLabels(labels, [METRIC_NAME, ...names]));

const resultLabels = (labels: Labels, { mode, labels: names }: Matching): Labels =>
  mode === 'on' ? pickLabels(labels, names) : omitLabels(labels, names);

const duplicate = (side: 'left' | 'right', group: string): PromqlError =>
  new PromqlError(
    'execution',
    `found duplicate series for the match group {${group}} on the ${side} hand-side of the operation; ` +
      'many-to-many matching not allowed: matching labels must be unique on one side',
  );

const isComparison = (operator: NumericOperator): boolean => /[=<>]/.test(operator);

/** Comparisons give 1 or 0; anything compared with NaN is 0, but for `!=`. */
const numeric = (operator: NumericOperator, left: number, right: number): number => {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case '==':
      return left === right ? 1 : 0;
    case '!=':
      return left !== right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '<':
      return left < right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    default:
      return assertNever(operator, 'operator');
  }
};

const vector = (value: Value): readonly VectorSample[] => {
  if (value.type === 'vector') return value.samples;
  throw new TypeError(`Cannot use a ${value.type} as an instant vector`);
};
