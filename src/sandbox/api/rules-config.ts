import { at, recordAt, sameJson, stringsAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { withField } from './kube-json.ts';
import { invalidValue } from './metadata.ts';
import type { FieldProblem } from './status.ts';

const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const WRONG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const DATA = ['data', 'binaryData'];

const immutable = (field: string): FieldProblem => ({
  field,
  message: 'Forbidden: field is immutable when `immutable` is set',
  reason: 'FieldValueForbidden',
});

const configProblems = (object: KubeObject, old: KubeObject | undefined): readonly FieldProblem[] => {
  const keys = DATA.flatMap((field) => Object.keys(recordAt(object, field)).map((key) => ({ field, key })));
  const malformed = keys
    .filter(({ key }) => !KEY.test(key))
    .map(({ field, key }) => ({
      field: `${field}[${key}]`,
      message: invalidValue(key, WRONG_KEY),
    }));
  const binary = Object.keys(recordAt(object, 'binaryData'));
  const twice = binary
    .filter((key) => key in recordAt(object, 'data'))
    .map((key) => ({ field: `data[${key}]`, message: invalidValue(key, 'duplicate of key present in binaryData') }));
  const wrong = [...malformed, ...twice];
  if (old?.['immutable'] !== true) return wrong;
  const changed = DATA.filter((field) => !sameJson(recordAt(object, field), recordAt(old, field)));
  return [...wrong, ...(object['immutable'] === true ? [] : [immutable('immutable')]), ...changed.map(immutable)];
};

export const configMapRules: KindRules = {
  admit: (object, { old }) => {
    const problems = configProblems(object, old);
    return problems.length > 0 ? { problems } : { object };
  },
};

/** `stringData` is for writing only: it ends up in `data`, as base64. */
const mergeStringData = (secret: KubeObject): KubeObject => {
  const entries = Object.entries(stringsAt(secret, 'stringData'));
  if (entries.length === 0) return withField(secret, 'stringData', undefined);
  const encoded = entries.map(([key, value]): [string, string] => [key, Buffer.from(value).toString('base64')]);
  const data = { ...recordAt(secret, 'data'), ...Object.fromEntries(encoded) };
  return withField(withField(secret, 'data', data), 'stringData', undefined);
};

export const secretRules: KindRules = {
  admit: (object, { old }) => {
    const merged = mergeStringData({ ...object, type: object['type'] ?? 'Opaque' });
    const problems = [...configProblems(merged, old)];
    if (old !== undefined && at(old, 'type') !== merged['type']) {
      problems.push({ field: 'type', message: `Invalid value: ${JSON.stringify(merged['type'])}: field is immutable` });
    }
    return problems.length > 0 ? { problems } : { object: merged };
  },
};
