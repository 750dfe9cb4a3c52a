import type { Matcher } from '../matcher.ts';

export type Selector = {
  readonly kind: 'selector';
  readonly matchers: readonly Matcher[];
  /** How far back from the evaluation time, ms. */
  readonly offsetMs: number;
};
export type RangeSelector = { readonly kind: 'range'; readonly selector: Selector; readonly rangeMs: number };

export type AggregateOperator = 'sum' | 'avg' | 'min' | 'max' | 'count';
export type BinaryOperator =
  | ('+' | '-' | '*' | '/' | '%' | '^')
  | ('==' | '!=' | '>' | '<' | '>=' | '<=')
  | ('and' | 'or' | 'unless');

/** Which labels decide that two series belong together. */
export type Matching = { readonly mode: 'on' | 'ignoring'; readonly labels: readonly string[] };

/** A PromQL expression with precedence resolved. Parentheses are kept: a modifier may not follow one. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'parentheses'; readonly body: Expression }
  | Selector
  | RangeSelector
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly operator: AggregateOperator;
      readonly grouping: { readonly mode: 'by' | 'without'; readonly labels: readonly string[] };
      readonly body: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly bool: boolean;
      readonly matching: Matching;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'negation'; readonly body: Expression };
