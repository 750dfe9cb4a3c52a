import type { BinaryOperator, Expression, Matching } from './expression.ts';
import { PromqlError } from './promql-error.ts';

export type Item =
  | { readonly type: 'operand'; readonly operand: Expression }
  | { readonly type: 'sign'; readonly negative: boolean }
  | {
      readonly type: 'operator';
      readonly operator: BinaryOperator;
      readonly bool: boolean;
      readonly matching: Matching;
    };

const POWER = 6;

const levelOf = (operator: BinaryOperator): number => {
  switch (operator) {
    case 'or':
      return 1;
    case 'and':
    case 'unless':
      return 2;
    case '+':
    case '-':
      return 4;
    case '*':
    case '/':
    case '%':
      return 5;
    case '^':
      return POWER;
    default:
      return 3;
  }
};

/**
 * The expression of operands and operators in the order in which they stand, with PromQL's precedence: `^` (from the
 * right), then signs and `* / %`, `+ -`, comparison, `and unless`, `or`.
 */
export const resolvePrecedence = (items: readonly Item[]): Expression => {
  let next = 0;

  const operand = (): Expression => {
    const item = items[next++];
    if (item?.type === 'operand') return item.operand;
    if (item?.type !== 'sign') throw new PromqlError('parse', 'unexpected end of input');
    const body = climb(POWER);
    if (!item.negative) return body;
    return body.kind === 'number' ? { kind: 'number', value: -body.value } : { kind: 'negation', body };
  };

  const climb = (lowest: number): Expression => {
    let left = operand();
    for (;;) {
      const item = items[next];
      if (item?.type !== 'operator' || levelOf(item.operator) < lowest) return left;
      next++;
      const level = levelOf(item.operator);
      const right = climb(level === POWER ? POWER : level + 1);
      left = { kind: 'binary', operator: item.operator, bool: item.bool, matching: item.matching, left, right };
    }
  };

  return climb(0);
};
