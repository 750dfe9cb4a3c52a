import { recordAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { dnsLabelProblem, dnsSubdomainProblem, labelValueProblem, qualifiedNameProblem } from './names.ts';
import type { FieldProblem } from './status.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;

/** Kinds whose names stand in DNS as one label. */
const NAMED_BY_LABEL: readonly string[] = ['Namespace', 'Service'];

/** What is wrong with a set of labels at `field`. */
export const labelProblems = (labels: unknown, field: string): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(recordAt(labels))) {
    const wrongKey = qualifiedNameProblem(key);
    if (wrongKey !== undefined) problems.push({ field, message: invalidValue(key, wrongKey) });
    const wrong = typeof value === 'string' ? labelValueProblem(value) : 'must be a string';
    if (wrong !== undefined) problems.push({ field, message: invalidValue(value, wrong) });
  }
  return problems;
};

const annotationProblems = (annotations: unknown): readonly FieldProblem[] => {
  const field = 'metadata.annotations';
  const problems: FieldProblem[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(recordAt(annotations))) {
    const wrong = qualifiedNameProblem(key.toLowerCase());
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
  const { name } = metadata;
  const wrongName = NAMED_BY_LABEL.includes(object.kind) ? dnsLabelProblem(name) : dnsSubdomainProblem(name);
  if (wrongName !== undefined) problems.push({ field: 'metadata.name', message: invalidValue(name, wrongName) });
  problems.push(...labelProblems(metadata.labels, 'metadata.labels'), ...annotationProblems(metadata.annotations));
  for (const owner of metadata.ownerReferences ?? []) {
    for (const part of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (typeof owner[part] === 'string' && owner[part] !== '') continue;
      problems.push({
        field: `metadata.ownerReferences.${part}`,
        message: invalidValue('', part === 'apiVersion' ? 'version must not be empty' : 'must not be empty'),
      });
    }
  }
  const controllers = (metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const names = controllers.map((owner) => `${owner.kind}/${owner.name}`).join(' and ');
    const message = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    problems.push({ field: 'metadata.ownerReferences', message: invalidValue(metadata.ownerReferences, message) });
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
