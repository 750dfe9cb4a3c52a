import type { z } from 'zod';
import { at, isRecord } from '../lib/json.ts';
import { nodeAt, pathText, type SchemaNode } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

/** A value that a schema has refused, and that schema. */
export type Refused = { readonly schema: SchemaNode; readonly value: unknown; readonly root: string };

type Issue = z.core.$ZodIssue;

/** The problems behind what zod has found wrong with `refused.value`, with the field, what was found and what is wanted. */
export const shapeProblems = (issues: readonly Issue[], refused: Refused): readonly Problem[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField([...issue.path, key], refused))
      : [wrongValue(issue, refused)],
  );

const problem = (path: readonly PropertyKey[], { root }: Refused, message: string): Problem => ({
  where: path.length === 0 ? root : `${root}.${pathText(path)}`,
  message,
  reason: 'InvalidSpec',
});

const fieldsOf = (node: SchemaNode | undefined): readonly string[] =>
  isRecord(node?.['properties']) ? Object.keys(node['properties']) : [];

const unknownField = (path: readonly PropertyKey[], refused: Refused): Problem => {
  const name = String(path.at(-1));
  const known = fieldsOf(nodeAt(refused.schema, path.slice(0, -1)));
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known here are ${known.toSorted().join(', ')}` : `did you mean ${meant}?`;
  return problem(path, refused, `Unknown field ${name}: ${hint}`);
};

const wrongValue = (issue: Issue, refused: Refused): Problem => {
  const node = nodeAt(refused.schema, issue.path);
  const wanted = wantedBy(node, issue);
  const steps = issue.path.filter((step) => typeof step !== 'symbol');
  const value = at(refused.value, ...steps);
  if (value === undefined) return problem(issue.path, refused, `Required field is missing: want ${wanted}`);
  const found = node?.['sensitive'] === true ? 'a value that does not fit' : describe(value);
  return problem(issue.path, refused, `Found ${found}: want ${wanted}`);
};

/** A value in words, short and on one line. */
const describe = (value: unknown): string => {
  if (typeof value === 'string')
    return value.length > 80 ? `text of ${value.length} characters` : JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 1 ? 'a list of one' : `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  return `${value}`;
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What a node takes, in words. */
const wantedBy = (node: SchemaNode | undefined, issue: Issue): string => {
  if (node === undefined) return issue.message;
  if (typeof node['want'] === 'string') return node['want'];
  if (Array.isArray(node['enum']))
    return node['enum'].length === 1 ? `${node['enum']}` : `one of ${node['enum'].join(', ')}`;
  const type = TYPES[String(node['type'])] ?? issue.message;
  const numbers = between(node['minimum'], node['maximum']);
  const length = between(node['minLength'], node['maxLength']);
  const items = between(node['minItems'], node['maxItems']);
  if (numbers !== undefined) return `${type} ${numbers}`;
  if (length !== undefined) return `${type} of ${length} characters`.replace('of from', 'of');
  if (items !== undefined) return `${type} of ${items} items`.replace('of from', 'of');
  return type;
};

const between = (min: unknown, max: unknown): string | undefined => {
  const low = typeof min === 'number' && min > Number.MIN_SAFE_INTEGER ? min : undefined;
  const high = typeof max === 'number' && max < Number.MAX_SAFE_INTEGER ? max : undefined;
  if (low !== undefined && high !== undefined) return `from ${low} to ${high}`;
  if (high !== undefined) return `up to ${high}`;
  return low === undefined ? undefined : `of ${low} or more`;
};
