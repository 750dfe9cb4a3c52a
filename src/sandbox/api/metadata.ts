import { recordAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { FieldProblem } from './status.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const ANNOTATIONS_LIMIT = 256 * 1024;

const dns1123Label = (value: string): string | undefined =>
  LABEL.test(value) && value.length <= 63
    ? undefined
    : 'a lowercase RFC 1123 label must have at most 63 lower case alphanumeric characters or "-", and must start and end with an alphanumeric character';

const dns1123Subdomain = (value: string): string | undefined =>
  SUBDOMAIN.test(value) && value.length <= 253
    ? undefined
    : 'a lowercase RFC 1123 subdomain must have at most 253 lower case alphanumeric characters, "-" or ".", and must start and end with an alphanumeric character';

const dns1035Label = (value: string): string | undefined =>
  LABEL_1035.test(value) && value.length <= 63
    ? undefined
    : 'a DNS-1035 label must have at most 63 lower case alphanumeric characters or "-", start with an alphabetic character, and end with an alphanumeric character';

/** What is wrong with a name of this kind, in words; undefined when it is right. */
const nameProblem = (kind: string, name: string): string | undefined => {
  if (kind === 'Namespace') return dns1123Label(name);
  if (kind === 'Service') return dns1035Label(name);
  return dns1123Subdomain(name);
};

const qualifiedProblem = (key: string): string | undefined => {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  if (slash >= 0 && dns1123Subdomain(key.slice(0, slash)) !== undefined) return 'its prefix must be a DNS subdomain';
  return QUALIFIED.test(name) && name.length <= 63
    ? undefined
    : 'the name part must have at most 63 alphanumeric characters, "-", "_" or ".", and must start and end with an alphanumeric character';
};

/** What is wrong with a set of labels at `field`. */
export const labelProblems = (labels: unknown, field: string): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(recordAt(labels))) {
    const wrongKey = qualifiedProblem(key);
    if (wrongKey !== undefined) problems.push({ field, message: invalidValue(key, wrongKey) });
    if (typeof value !== 'string' || value.length > 63 || (value !== '' && !QUALIFIED.test(value))) {
      problems.push({
        field,
        message: invalidValue(
          value,
          'a valid label must be an empty string or at most 63 alphanumeric characters, "-", "_" or "."',
        ),
      });
    }
  }
  return problems;
};

const annotationProblems = (annotations: unknown): readonly FieldProblem[] => {
  const field = 'metadata.annotations';
  const problems: FieldProblem[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(recordAt(annotations))) {
    const wrong = qualifiedProblem(key.toLowerCase());
    if (wrong !== undefined) problems.push({ field, message: invalidValue(key, wrong) });
    if (typeof value !== 'string') problems.push({ field, message: invalidValue(value, 'must be a string') });
    else size += key.length + value.length;
  }
  if (size > ANNOTATIONS_LIMIT) {
    problems.push({
      field,
      message: `Too long: may not be more than ${ANNOTATIONS_LIMIT} bytes`,
      reason: 'FieldValueTooLong',
    });
  }
  return problems;
};

/** `Invalid value: "x": why`, as the API server puts it. */
export const invalidValue = (value: unknown, why: string): string =>
  `Invalid value: ${JSON.stringify(value) ?? 'null'}: ${why}`;

/** What is wrong with the metadata of any object that is to be stored. */
export const metadataProblems = (object: KubeObject, old: KubeObject | undefined): readonly FieldProblem[] => {
  const { metadata } = object;
  const problems: FieldProblem[] = [];
  const wrongName = nameProblem(object.kind, metadata.name);
  if (wrongName !== undefined)
    problems.push({ field: 'metadata.name', message: invalidValue(metadata.name, wrongName) });
  problems.push(...labelProblems(metadata.labels, 'metadata.labels'), ...annotationProblems(metadata.annotations));
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (typeof owner[name] === 'string' && owner[name] !== '') continue;
      const field = `metadata.ownerReferences[${index}].${name}`;
      problems.push({ field, message: 'Required value: must not be empty', reason: 'FieldValueRequired' });
    }
  }
  const controllers = (metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const names = controllers.map((owner) => `${owner.kind} ${owner.name}`).join(' and ');
    const message = `Only one reference can have Controller set to true: found ${names}`;
    problems.push({ field: 'metadata.ownerReferences', message: invalidValue(names, message) });
  }
  if (old?.metadata.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((name) => !(old.metadata.finalizers ?? []).includes(name));
    if (added.length > 0) {
      const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${added.join(', ')}`;
      problems.push({ field: 'metadata.finalizers', message, reason: 'FieldValueForbidden' });
    }
  }
  return problems;
};

/** Metadata that the server alone writes. */
export const SYSTEM_METADATA = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
] as const;

/** RFC 3339 with whole seconds, as `metav1.Time` is written. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
