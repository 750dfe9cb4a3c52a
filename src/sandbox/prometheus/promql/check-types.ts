import type { Expression } from './expression.ts';
import { PromqlError, unsupported } from './promql-error.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';

export type ValueType = 'scalar' | 'string' | 'instant vector' | 'range vector';

type Signature = { readonly args: readonly ValueType[]; readonly returns: ValueType };

const SIGNATURES: Readonly<Record<string, Signature>> = {
  ...Object.fromEntries(
    Object.keys(RANGE_FUNCTIONS).map((name) => [name, { args: ['range vector'], returns: 'instant vector' } as const]),
  ),
  histogram_quantile: { args: ['scalar', 'instant vector'], returns: 'instant vector' },
  clamp_min: { args: ['instant vector', 'scalar'], returns: 'instant vector' },
  clamp_max: { args: ['instant vector', 'scalar'], returns: 'instant vector' },
  abs: { args: ['instant vector'], returns: 'instant vector' },
  absent: { args: ['instant vector'], returns: 'instant vector' },
  vector: { args: ['scalar'], returns: 'instant vector' },
  scalar: { args: ['instant vector'], returns: 'scalar' },
  time: { args: [], returns: 'scalar' },
  timestamp: { args: ['instant vector'], returns: 'instant vector' },
};

const COMPARISONS: readonly string[] = ['==', '!=', '>', '<', '>=', '<='];
const SETS: readonly string[] = ['and', 'or', 'unless'];

/**
 * The type of an expression. Throws a PromqlError where one does not fit, as Prometheus does before it looks at any
 * data, and for functions that are not supported.
 */
export const checkTypes = (expression: Expression): ValueType => {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
      return 'instant vector';
    case 'range':
      return 'range vector';
    case 'parentheses':
      return checkTypes(expression.body);
    case 'negation': {
      const type = checkTypes(expression.body);
      if (type === 'scalar' || type === 'instant vector') return type;
      throw new PromqlError('parse', `unary expression only allowed on scalar or instant vector, got "${type}"`);
    }
    case 'call':
      return checkCall(expression);
    case 'aggregate': {
      expect(checkTypes(expression.body), 'instant vector', `aggregation expression ${expression.operator}`);
      return 'instant vector';
    }
    case 'binary':
      return checkBinary(expression);
  }
};

const checkCall = (call: Extract<Expression, { kind: 'call' }>): ValueType => {
  const signature = SIGNATURES[call.name];
  if (signature === undefined) throw unsupported(`function ${call.name}()`);
  if (call.args.length !== signature.args.length) {
    throw new PromqlError(
      'parse',
      `expected ${signature.args.length} argument(s) in call to "${call.name}", got ${call.args.length}`,
    );
  }
  for (const [index, wanted] of signature.args.entries()) {
    const arg = call.args[index];
    if (arg !== undefined) expect(checkTypes(arg), wanted, `call to function "${call.name}"`);
  }
  return signature.returns;
};

const checkBinary = (binary: Extract<Expression, { kind: 'binary' }>): ValueType => {
  const { operator, bool } = binary;
  const types = [checkTypes(binary.left), checkTypes(binary.right)];
  if (types.some((type) => type !== 'scalar' && type !== 'instant vector')) {
    throw new PromqlError('parse', 'binary expression must contain only scalar and instant vector types');
  }
  if (bool && !COMPARISONS.includes(operator)) {
    throw new PromqlError('parse', 'bool modifier can only be used on comparison operators');
  }
  const scalars = types.filter((type) => type === 'scalar').length;
  if (scalars === 2 && COMPARISONS.includes(operator) && !bool) {
    throw new PromqlError('parse', 'comparisons between scalars must use BOOL modifier');
  }
  if (scalars > 0 && SETS.includes(operator)) {
    throw new PromqlError('parse', `set operator "${operator}" not allowed in binary scalar expression`);
  }
  if (scalars > 0 && (binary.matching.mode === 'on' || binary.matching.labels.length > 0)) {
    throw new PromqlError('parse', 'vector matching only allowed between instant vectors');
  }
  return scalars === 2 ? 'scalar' : 'instant vector';
};

const expect = (found: ValueType, wanted: ValueType, where: string): void => {
  if (found !== wanted) throw new PromqlError('parse', `expected type ${wanted} in ${where}, got ${found}`);
};
