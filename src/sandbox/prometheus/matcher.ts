import type { Labels } from './labels.ts';

/** One condition of a vector selector. */
export type Matcher = {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  /** True when a series with this value of the label is selected; a missing label has the value ''. */
  readonly accepts: (value: string) => boolean;
};

/**
 * A matcher as Prometheus reads it: regular expressions match the whole value, and a dot matches line ends too.
 * Throws a SyntaxError for a regular expression that does not compile.
 */
export const matcher = (label: string, operator: Matcher['operator'], options: { readonly value: string }): Matcher => {
  const { value } = options;
  if (operator === '=' || operator === '!=') {
    const wanted = operator === '=';
    return { label, operator, value, accepts: (found) => (found === value) === wanted };
  }
  const expression = new RegExp(`^(?:${value})$`, 's');
  const wanted = operator === '=~';
  return { label, operator, value, accepts: (found) => expression.test(found) === wanted };
};

export const matchesAll = (labels: Labels, matchers: readonly Matcher[]): boolean =>
  matchers.every((one) => one.accepts(labels[one.label] ?? ''));
