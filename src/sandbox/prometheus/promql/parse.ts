import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { promqlSyntaxError } from '../../../analysis/promql-syntax.ts';
import { METRIC_NAME } from '../labels.ts';
import { type Matcher, matcher } from '../matcher.ts';
import { checkTypes } from './check-types.ts';
import type { AggregateOperator, BinaryOperator, Expression, Matching } from './expression.ts';
import { readDuration, readNumber, readString } from './literals.ts';
import { type Item, resolvePrecedence } from './precedence.ts';
import { PromqlError, unsupported } from './promql-error.ts';

const AGGREGATES: readonly AggregateOperator[] = ['sum', 'avg', 'min', 'max', 'count'];
const BINARY: readonly BinaryOperator[] = [
  ...(['+', '-', '*', '/', '%', '^'] as const),
  ...(['==', '!=', '>', '<', '>=', '<='] as const),
  ...(['and', 'or', 'unless'] as const),
];

/** The expression of a query. Throws a PromqlError for what is no PromQL, or not supported. */
export const parseQuery = (query: string): Expression => {
  const error = promqlSyntaxError(query);
  if (error !== undefined) throw new PromqlError('parse', `1:${error.position + 1}: parse error: ${error.detail}`);
  const root = parser.parse(query).topNode.firstChild;
  if (root === null) throw new PromqlError('parse', 'unknown position: parse error: no expression found in input');
  const expression = read(root, query);
  checkTypes(expression);
  return expression;
};

const read = (node: SyntaxNode, query: string): Expression => resolvePrecedence(flatten(node, query));

/**
 * The operands and operators of a node in the order in which they stand. The grammar is an editor's and hangs
 * `offset`, `@` and `[…]` on everything to their left (`a - b offset 5m` as `(a - b) offset 5m`); in PromQL they
 * belong to the operand before them. So its nesting of operators is not used; precedence is resolved afterwards.
 */
const flatten = (node: SyntaxNode, query: string): Item[] => {
  const text = query.slice(node.from, node.to);
  switch (node.name) {
    case 'BinaryExpr':
      return flattenBinary(node, query);
    case 'UnaryExpr':
      return [signItem(text), ...flatten(last(node), query)];
    case 'NumberDurationLiteral': {
      const digits = text.replace(/^[+-]\s*/, '');
      const number: Item = { type: 'operand', operand: { kind: 'number', value: readNumber(digits) } };
      return digits === text ? [number] : [signItem(text), number];
    }
    case 'OffsetExpr':
      return modifyLast(flatten(first(node), query), (operand) => withOffset(operand, offsetOf(last(node), query)));
    case 'MatrixSelector':
      return modifyLast(flatten(first(node), query), (operand) => withRange(operand, durationOf(last(node), query)));
    case 'StepInvariantExpr':
      throw unsupported('@ modifier');
    case 'SubqueryExpr':
      throw unsupported('subqueries');
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      throw unsupported(`${node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed'} modifier`);
    default:
      return [{ type: 'operand', operand: readOperand(node, query) }];
  }
};

const flattenBinary = (node: SyntaxNode, query: string): Item[] => {
  const left = first(node);
  const right = last(node);
  const sign = left.nextSibling;
  const operator = BINARY.find((one) => sign !== null && one === query.slice(sign.from, sign.to).toLowerCase());
  if (sign === null || operator === undefined) {
    throw unsupported(`operator ${sign === null ? '' : query.slice(sign.from, sign.to)}`);
  }
  for (const modifier of ['FillModifier', 'FillClause', 'FillLeftClause', 'FillRightClause']) {
    if (node.getChild(modifier) !== null) throw unsupported('fill modifiers');
  }
  const clause = node.getChild('MatchingModifierClause');
  const item: Item = {
    type: 'operator',
    operator,
    bool: node.getChild('BoolModifier') !== null,
    matching: clause === null ? { mode: 'ignoring', labels: [] } : readMatching(clause, query),
  };
  return [...flatten(left, query), item, ...flatten(right, query)];
};

const readMatching = (clause: SyntaxNode, query: string): Matching => {
  if (clause.getChild('GroupLeft') !== null || clause.getChild('GroupRight') !== null) {
    throw unsupported('group_left and group_right');
  }
  return { mode: clause.getChild('On') === null ? 'ignoring' : 'on', labels: groupingLabels(clause, query) };
};

const readOperand = (node: SyntaxNode, query: string): Expression => {
  const text = query.slice(node.from, node.to);
  switch (node.name) {
    case 'ParenExpr':
      return { kind: 'parentheses', body: read(first(node), query) };
    case 'StringLiteral':
      return { kind: 'string', value: readString(text) };
    case 'VectorSelector':
      return { kind: 'selector', matchers: readMatchers(node, query), offsetMs: 0 };
    case 'FunctionCall': {
      const name = query.slice(first(node).from, first(node).to);
      return { kind: 'call', name, args: readArguments(node, query) };
    }
    case 'AggregateExpr':
      return readAggregate(node, query);
    default:
      throw unsupported(node.name);
  }
};

const readAggregate = (node: SyntaxNode, query: string): Expression => {
  const name = query.slice(first(node).from, first(node).to).toLowerCase();
  const operator = AGGREGATES.find((one) => one === name);
  if (operator === undefined) throw unsupported(`aggregation ${name}`);
  const [body, ...others] = readArguments(node, query);
  if (body === undefined || others.length > 0) {
    throw new PromqlError('parse', `wrong number of arguments for aggregate expression ${name}: want 1`);
  }
  const modifier = node.getChild('AggregateModifier');
  const labels = modifier === null ? [] : groupingLabels(modifier, query);
  const mode = modifier !== null && modifier.getChild('Without') !== null ? 'without' : 'by';
  return { kind: 'aggregate', operator, grouping: { mode, labels }, body };
};

const readArguments = (node: SyntaxNode, query: string): readonly Expression[] =>
  (node.getChild('FunctionCallBody')?.getChildren('Expr') ?? []).map((argument) => read(argument, query));

const readMatchers = (node: SyntaxNode, query: string): readonly Matcher[] => {
  const name = node.getChild('Identifier');
  const list = node.getChild('LabelMatchers');
  const matchers = (list?.getChildren('UnquotedLabelMatcher') ?? []).map((one) => readMatcher(one, query));
  if (list?.getChild('QuotedLabelMatcher') || list?.getChild('QuotedLabelName'))
    throw unsupported('quoted label names');
  if (name !== null) {
    if (matchers.some((one) => one.label === METRIC_NAME)) {
      throw new PromqlError('parse', 'metric name must not be set twice');
    }
    matchers.unshift(matcher(METRIC_NAME, '=', { value: query.slice(name.from, name.to) }));
  }
  if (matchers.every((one) => one.accepts(''))) {
    throw new PromqlError('parse', 'vector selector must contain at least one non-empty matcher');
  }
  return matchers;
};

const readMatcher = (node: SyntaxNode, query: string): Matcher => {
  const [label, operator, value] = [first(node), first(node).nextSibling, last(node)].map((part) =>
    part === null ? '' : query.slice(part.from, part.to),
  );
  if (operator !== '=' && operator !== '!=' && operator !== '=~' && operator !== '!~') {
    throw unsupported(`label matcher ${operator}`);
  }
  try {
    return matcher(label ?? '', operator, { value: readString(value ?? '""') });
  } catch (error) {
    if (error instanceof PromqlError) throw error;
    throw new PromqlError('parse', `error parsing regexp: ${value}`);
  }
};

const groupingLabels = (node: SyntaxNode, query: string): readonly string[] =>
  (node.getChild('GroupingLabels')?.getChildren('LabelName') ?? []).map((name) => query.slice(name.from, name.to));

const withOffset = (operand: Expression, offsetMs: number): Expression => {
  const selector = operand.kind === 'range' ? operand.selector : operand;
  if (selector.kind === 'selector' && selector.offsetMs !== 0) {
    throw new PromqlError('parse', 'offset may not be set multiple times');
  }
  if (operand.kind === 'selector') return { ...operand, offsetMs };
  if (operand.kind === 'range') return { ...operand, selector: { ...operand.selector, offsetMs } };
  throw new PromqlError('parse', 'offset modifier must be preceded by an instant or range vector selector');
};

const withRange = (operand: Expression, rangeMs: number): Expression => {
  if (operand.kind !== 'selector') {
    throw new PromqlError('parse', 'ranges only allowed for vector selectors');
  }
  if (rangeMs <= 0) throw new PromqlError('parse', 'duration must be greater than 0');
  return { kind: 'range', selector: operand, rangeMs };
};

const durationOf = (node: SyntaxNode, query: string): number => {
  const text = query.slice(node.from, node.to);
  const number = readDuration(text) ?? Number(text) * 1000;
  if (!Number.isFinite(number)) throw unsupported(`arithmetic in durations, such as ${text}`);
  return number;
};

const offsetOf = (node: SyntaxNode, query: string): number => {
  const child = node.firstChild;
  if (node.name === 'OffsetDurationExpr' && child?.name === 'UnaryOp') {
    const size = offsetOf(last(node), query);
    return query.slice(child.from, child.to) === '-' ? -size : size;
  }
  return durationOf(node, query);
};

const modifyLast = (items: Item[], change: (operand: Expression) => Expression): Item[] => {
  const item = items.at(-1);
  if (item?.type !== 'operand') throw new PromqlError('parse', 'a modifier must follow a selector');
  return [...items.slice(0, -1), { type: 'operand', operand: change(item.operand) }];
};

const signItem = (text: string): Item => ({ type: 'sign', negative: text.startsWith('-') });

const first = (node: SyntaxNode): SyntaxNode => node.firstChild ?? missing(node);
const last = (node: SyntaxNode): SyntaxNode => node.lastChild ?? missing(node);
const missing = (node: SyntaxNode): never => {
  throw new PromqlError('parse', `${node.name} is incomplete`);
};
