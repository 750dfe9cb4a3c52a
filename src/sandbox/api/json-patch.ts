import { isRecord, sameJson } from '../../lib/json.ts';
import { ApiError, badRequest, notImplemented } from './status.ts';

/** JSON patch, RFC 6902, without `move` and `copy`. Throws 422 when a test fails or a path is not there. */
export const jsonPatch = (target: unknown, patch: unknown): unknown => {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  return patch.reduce<unknown>((value, operation) => applyOperation(value, operation), target);
};

const applyOperation = (target: unknown, operation: unknown): unknown => {
  const { op, path, value } = isRecord(operation) ? operation : {};
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) {
    throw badRequest(`a JSON patch operation needs a path that starts with "/": got ${JSON.stringify(operation)}`);
  }
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  switch (op) {
    case 'add':
    case 'replace':
    case 'remove':
      return change(target, steps, { op, path, value });
    case 'test':
      if (!sameJson(read(target, steps, path), value)) throw rejected(`testing value ${path} failed`);
      return target;
    case 'move':
    case 'copy':
      throw notImplemented(`the JSON patch operation ${op}`);
    default:
      throw badRequest(`Unexpected kind of JSON patch operation: ${JSON.stringify(op)}`);
  }
};

const read = (target: unknown, steps: readonly string[], path: string): unknown => {
  let node = target;
  for (const step of steps) {
    if (Array.isArray(node)) node = node[indexOf(step, node.length - 1, path)];
    else if (isRecord(node) && step in node) node = node[step];
    else throw rejected(`doc is missing path: ${path}`);
  }
  return node;
};

type Operation = { readonly op: 'add' | 'replace' | 'remove'; readonly path: string; readonly value: unknown };

const change = (target: unknown, [step, ...rest]: readonly string[], operation: Operation): unknown => {
  const { op, path, value } = operation;
  if (step === undefined) {
    if (op === 'remove') throw rejected('cannot remove the whole document');
    return value;
  }
  if (Array.isArray(target)) {
    const appends = rest.length === 0 && op === 'add';
    const index =
      appends && step === '-' ? target.length : indexOf(step, appends ? target.length : target.length - 1, path);
    const [before, after] = [target.slice(0, index), target.slice(appends ? index : index + 1)];
    if (rest.length === 0 && op === 'remove') return [...before, ...after];
    return [...before, rest.length === 0 ? value : change(target[index], rest, operation), ...after];
  }
  if (!isRecord(target) || (!(step in target) && (rest.length > 0 || op !== 'add'))) {
    throw rejected(`doc is missing path: ${path}`);
  }
  const { [step]: old, ...others } = target;
  if (rest.length === 0 && op === 'remove') return others;
  return { ...others, [step]: rest.length === 0 ? value : change(old, rest, operation) };
};

const indexOf = (step: string, last: number, path: string): number => {
  const index = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : -1;
  if (index < 0 || index > last) throw rejected(`doc is missing path: ${path}`);
  return index;
};

const rejected = (why: string): ApiError =>
  new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `the server rejected our request due to an error in our request: ${why}`,
  });
