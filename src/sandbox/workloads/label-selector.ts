import { isRecord, listAt, stringAt, stringsAt } from '../../lib/json.ts';

type Labels = Readonly<Record<string, string>>;

const meets = (requirement: unknown, labels: Labels): boolean => {
  const value = labels[stringAt(requirement, 'key') ?? ''];
  const values = listAt(requirement, 'values');
  const operator = stringAt(requirement, 'operator');
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new RangeError(`Cannot match operator "${operator}": want In, NotIn, Exists or DoesNotExist`);
  }
};

/** True when every label of `wanted` is there with the same value. */
export const hasLabels = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/**
 * Whether a LabelSelector (matchLabels, matchExpressions) selects the labels. An absent or empty selector selects
 * nothing here: for workloads Kubernetes refuses it.
 */
export const selects = (selector: unknown, labels: Labels): boolean => {
  const wanted = stringsAt(selector, 'matchLabels');
  const expressions = listAt(selector, 'matchExpressions');
  if (!isRecord(selector) || (Object.keys(wanted).length === 0 && expressions.length === 0)) return false;
  return hasLabels(labels, wanted) && expressions.every((expression) => meets(expression, labels));
};
