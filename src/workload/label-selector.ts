import type { JsonRecord } from '../lib/json.ts';
import { isRecord, listAt, stringAt, stringsAt } from '../lib/json.ts';

type Labels = Readonly<Record<string, string>>;

const meets = (requirement: unknown, labels: Labels): boolean => {
  const key = stringAt(requirement, 'key') ?? '';
  const value = labels[key];
  const listed = value !== undefined && listAt(requirement, 'values').includes(value);
  switch (stringAt(requirement, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
};

/** Labels as people write them: `app=web,tier=front`. */
export const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** True when every pair of `wanted` stands in `labels`; the rule of a Service's selector. */
export const hasLabels = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** True when a LabelSelector matches. As in Kubernetes, an empty one matches everything and none matches nothing. */
export const matchesSelector = (selector: unknown, labels: Labels): boolean =>
  isRecord(selector) &&
  hasLabels(labels, stringsAt(selector, 'matchLabels')) &&
  listAt(selector, 'matchExpressions').every((requirement) => meets(requirement, labels));

/** The LabelSelector narrowed by one more pair. */
export const narrowed = (selector: JsonRecord, labels: Labels): JsonRecord => ({
  ...selector,
  matchLabels: { ...stringsAt(selector, 'matchLabels'), ...labels },
});
