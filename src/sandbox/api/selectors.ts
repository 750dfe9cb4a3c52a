import type { KubeObject } from '../../lib/kube-object.ts';
import { labelProblems } from './metadata.ts';
import { badRequest } from './status.ts';

/** True for the objects that a list or watch asks for. */
export type Selector = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const KEY = '[A-Za-z0-9][-A-Za-z0-9_./]*';
const SET_BASED = new RegExp(`^(${KEY})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

/** `a=b,c!=d,e in (f, g),h,!i` as a predicate over labels. Throws 400. */
const parseLabelSelector = (text: string): Requirement => {
  const requirements = splitOutsideParentheses(text).map((part) => parseRequirement(part.trim(), text));
  return (labels) => requirements.every((requirement) => requirement(labels));
};

const splitOutsideParentheses = (text: string): readonly string[] =>
  text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);

const parseRequirement = (part: string, whole: string): Requirement => {
  const setBased = SET_BASED.exec(part);
  const equality = EQUALITY.exec(part);
  const exists = EXISTS.exec(part);
  const key = setBased?.[1] ?? equality?.[1] ?? exists?.[2];
  if (key === undefined) throw unparsable(part, whole);
  const values = (setBased?.[3] ?? equality?.[3] ?? '').split(',').map((value) => value.trim());
  for (const value of values)
    if (labelProblems({ [key]: value }, 'labelSelector').length > 0) throw unparsable(part, whole);
  const isIn: Requirement = (labels) => labels[key] !== undefined && values.includes(labels[key]);
  if (setBased !== null) return setBased[2] === 'in' ? isIn : (labels) => !isIn(labels);
  if (equality !== null) return equality[2] === '!=' ? (labels) => !isIn(labels) : isIn;
  return exists?.[1] === '!' ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined;
};

const unparsable = (part: string, whole: string): Error =>
  badRequest(
    `unable to parse requirement: cannot read ${JSON.stringify(part)} in labelSelector ${JSON.stringify(whole)}`,
  );

const FIELDS: Readonly<Record<string, (object: KubeObject) => string>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace ?? '',
};

/** `metadata.name=a,metadata.namespace!=b`; other fields are refused with 400. */
const parseFieldSelector = (text: string): Selector => {
  const requirements = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part): Selector => {
      const [, field = '', operator, value] = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part) ?? [];
      const read = FIELDS[field];
      if (read === undefined) {
        throw badRequest(
          `field label not supported: ${JSON.stringify(part)}: the sandbox selects by metadata.name and metadata.namespace`,
        );
      }
      return (object) => (read(object) === value) === (operator !== '!=');
    });
  return (object) => requirements.every((requirement) => requirement(object));
};

/** Both selectors of a request in one; undefined when it asks for everything. */
export const selectorOf = (query: Readonly<Record<string, string>>): Selector | undefined => {
  const { labelSelector = '', fieldSelector = '' } = query;
  if (labelSelector === '' && fieldSelector === '') return undefined;
  const [byLabel, byField] = [parseLabelSelector(labelSelector), parseFieldSelector(fieldSelector)];
  return (object) => byLabel(object.metadata.labels ?? {}) && byField(object);
};
