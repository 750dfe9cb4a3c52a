import { isRecord, stringAt } from '../lib/json.ts';
import type { KubeObject, ObjectMeta } from '../lib/kube-object.ts';
import { KINDS, type Kind, kindNamed } from './kinds.ts';
import { API_VERSION } from './names.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { validateSpec } from './validate.ts';

export type Admitted =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * What the cluster does when one of our objects is created: gives it back with its defaults, or says everything that
 * is wrong with it. Status is passed through; it has no rules.
 */
export const admit = (object: unknown): Admitted => check(object, undefined);

/** The same for an object that replaces `old`. */
export const admitUpdate = (object: unknown, old: KubeObject): Admitted => check(object, old);

const TOP_FIELDS: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

const check = (object: unknown, old: KubeObject | undefined): Admitted => {
  if (!isRecord(object)) return refused([wrong('', 'Found no object: want a Kubernetes object')]);
  const kind = kindOf(object);
  if ('where' in kind) return refused([kind]);
  const { metadata, spec, status } = object;
  const unknown = Object.keys(object).filter((field) => !TOP_FIELDS.includes(field));
  const problems = unknown.map((field) => {
    const meant = nearest(field, TOP_FIELDS);
    return wrong(
      field,
      `Unknown field ${field}: ${meant === undefined ? 'want it below spec' : `did you mean ${meant}?`}`,
    );
  });
  if (!isMeta(metadata))
    return refused([...problems, wrong('metadata.name', 'Required field is missing: want a name')]);
  const { maxNameLength = 253 } = kind;
  if (metadata.name.length > maxNameLength) {
    const found = `Found a name of ${metadata.name.length} characters`;
    problems.push(wrong('metadata.name', `${found}: want at most ${maxNameLength}`));
  }
  const validated = validateSpec(kind, spec, old === undefined ? undefined : { spec: old['spec'] });
  if (!validated.ok) return refused([...problems, ...validated.problems]);
  if (problems.length > 0) return refused(problems);
  const identity = { apiVersion: API_VERSION, kind: kind.kind, metadata };
  return { ok: true, object: { ...identity, spec: validated.spec, ...(status === undefined ? {} : { status }) } };
};

const refused = (problems: readonly Problem[]): Admitted => ({ ok: false, problems });
const wrong = (where: string, message: string): Problem => ({ where, message, reason: 'InvalidSpec' });

const isMeta = (metadata: unknown): metadata is ObjectMeta =>
  isRecord(metadata) && typeof metadata['name'] === 'string' && metadata['name'] !== '';

const kindOf = (object: unknown): Kind | Problem => {
  const apiVersion = stringAt(object, 'apiVersion') ?? '';
  if (apiVersion !== API_VERSION)
    return wrong('apiVersion', `Found ${JSON.stringify(apiVersion)}: want ${API_VERSION}`);
  const name = stringAt(object, 'kind') ?? '';
  const names = KINDS.map(({ kind }) => kind);
  return kindNamed(name) ?? wrong('kind', `Found ${JSON.stringify(name)}: want one of ${names.join(', ')}`);
};
