import { at, recordAt, stringAt } from '../../lib/json.ts';
import { invalidValue } from './metadata.ts';
import type { FieldProblem } from './status.ts';

// What the OpenAPI of CustomResourceDefinitions asks for, in the API server's words.

/** A number that is whole and within its limits; an absent one is no problem. */
export const limitProblems = (
  value: unknown,
  { field, min, max }: { readonly field: string; readonly min?: number; readonly max?: number },
): readonly FieldProblem[] => {
  if (value === undefined) return [];
  const limit =
    typeof value !== 'number' || !Number.isInteger(value)
      ? 'a whole number'
      : min !== undefined && value < min
        ? `greater than or equal to ${min}`
        : max !== undefined && value > max
          ? `less than or equal to ${max}`
          : undefined;
  return limit === undefined ? [] : [{ field, message: invalidValue(value, `${field} in body should be ${limit}`) }];
};

/** A list that is not too long. */
export const lengthProblems = (
  items: readonly unknown[],
  { field, most }: { readonly field: string; readonly most: number },
): readonly FieldProblem[] =>
  items.length > most
    ? [{ field, message: `Too many: ${items.length}: must have at most ${most} items`, reason: 'FieldValueInvalid' }]
    : [];

/** Fields that must be there; an empty text is none. */
export const requiredProblems = (
  value: unknown,
  { field, names }: { readonly field: string; readonly names: readonly string[] },
): readonly FieldProblem[] =>
  names
    .filter((name) => at(value, name) === undefined || stringAt(value, name) === '')
    .map((name) => ({ field: `${field}.${name}`, message: 'Required value', reason: 'FieldValueRequired' }));

/** A choice of which exactly one must be made. */
export const oneOfProblems = (
  value: unknown,
  { field, names }: { readonly field: string; readonly names: readonly string[] },
): readonly FieldProblem[] => {
  const made = names.filter((name) => recordAt(value)[name] !== undefined);
  if (made.length <= 1) return [];
  const message = invalidValue(
    '',
    `${field} must validate one and only one schema (oneOf). Found 2 valid alternatives`,
  );
  return [{ field, message }];
};
