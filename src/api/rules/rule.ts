import { isRecord, stringAt } from '../../lib/json.ts';

/**
 * Something that must hold at one place of an object, said once in CEL for the cluster and once in TypeScript for
 * lint, the sandbox and the controller. Both are given the same value with the same defaults; a test runs both on the
 * same cases.
 */
export type Rule<Self = unknown> = {
  /** Where the value stands that is checked: `spec`, `spec.analysis`, `spec.analysis.metrics[]`. */
  readonly at: string;
  /** The field below it that is wrong, if one is. */
  readonly field?: string;
  /** What is wrong and what would be right; `{a.b}` stands for the text in that field. No final period. */
  readonly sentence: string;
  /** How the cluster heads the sentence: `Invalid value`, `Forbidden`, `Required value`. */
  readonly fault?: 'invalid' | 'forbidden' | 'required';
  /** The rule is about a change: it also sees the value as it was, and holds for new objects. */
  readonly transition?: true;
  readonly cel: string;
  /** A method, because its parameter is then checked loosely: a table holds rules of values of different types. */
  holds(self: Self, old?: Self): boolean;
};

/** A rule without its place, as it stands in a list for `rulesAt`. */
export type RuleBody<Self> = Omit<Rule<Self>, 'at' | 'holds'> & { holds(self: Self, old?: Self): boolean };

/** The rules of one place, whose value has the type `Self` once the schema has accepted it. */
export const rulesAt = <Self>(place: string, rules: readonly RuleBody<Self>[]): readonly Rule[] =>
  rules.map((rule) => ({ ...rule, at: place }));

/** Text as a CEL literal; JSON's escapes are CEL's too. */
export const celText = (text: string): string => JSON.stringify(text);

/** A list of texts as a CEL literal. */
export const celList = (texts: readonly string[]): string => `[${texts.map(celText).join(', ')}]`;

/**
 * Refuses a field that is known but not acted on yet. Its values without effect are let through: `unless`, an empty
 * list with `unless: 'empty'`, and always its absence.
 */
export const notYet = <Self>(
  field: keyof Self & string,
  options: { readonly instead: string; readonly unless?: boolean | number | string | 'empty' },
): RuleBody<Self> => {
  const { instead, unless } = options;
  const harmless =
    unless === undefined
      ? ''
      : unless === 'empty'
        ? ` || size(self.${field}) == 0`
        : ` || self.${field} == ${JSON.stringify(unless)}`;
  return {
    field,
    fault: 'forbidden',
    sentence: `${field} is not supported yet: ${instead}`,
    cel: `!has(self.${field})${harmless}`,
    holds: (self) => {
      const value: unknown = self[field];
      return (
        value === undefined || value === unless || (unless === 'empty' && Array.isArray(value) && value.length === 0)
      );
    },
  };
};

const PLACEHOLDER = /\{([a-zA-Z.]+)\}/g;

/** The rule's sentence with the values of `self` in it. */
export const sentenceOf = (rule: Rule, self: unknown): string =>
  rule.sentence.replaceAll(PLACEHOLDER, (_, path: string) => stringAt(self, ...path.split('.')) ?? '');

/** Fields whose values stand in the rule's sentence. They must hold text: the cluster budgets no other conversion. */
export const sentenceFields = (rule: Rule): readonly string[] =>
  [...rule.sentence.matchAll(PLACEHOLDER)].flatMap(([, path]) => path ?? []);

/** The same as CEL `messageExpression`; undefined when the sentence holds no values and can stand as it is. */
export const sentenceCel = (rule: Rule): string | undefined => {
  // Splitting by a pattern with a group gives text, path, text, path, …, text.
  const parts = rule.sentence
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 === 0 ? celText(part) : `self.${part}`));
  return parts.length === 1 ? undefined : parts.filter((part) => part !== '""').join(' + ');
};

/** A value in an object and its path. */
export type Place = { readonly path: string; readonly value: unknown };

/** Every value that stands at `place` (`spec.analysis.metrics[]`) of `object`; none where a step is absent. */
export const placesOf = (object: unknown, place: string): readonly Place[] =>
  place.split('.').reduce<readonly Place[]>(
    (places, step) =>
      places.flatMap(({ path, value }) => {
        const name = step.replace('[]', '');
        const child = isRecord(value) ? value[name] : undefined;
        const childPath = path === '' ? name : `${path}.${name}`;
        if (child === undefined) return [];
        if (name === step) return [{ path: childPath, value: child }];
        return Array.isArray(child)
          ? child.map((item, index) => ({ path: `${childPath}[${index}]`, value: item }))
          : [];
      }),
    [{ path: '', value: object }],
  );
