import { celText, type RuleBody } from './rule.ts';

/** Absolute paths, and `..`, `.git`, a backslash or a control character anywhere in them. */
const OUTSIDE = '^/|(^|/)([.][.]|[.][gG][iI][tT])(/|$)|[\\\\\\x00-\\x1f]';

/** `field` must name something below the root of a Git repository. */
export const pathRule = <Field extends string>(
  field: Field,
  example: string,
): RuleBody<{ readonly [Key in Field]?: string | undefined }> => ({
  field,
  sentence: `${field} "{${field}}" leads out of the repository: want ${example}, without a leading "/", .. and .git`,
  cel: `!has(self.${field}) || !self.${field}.matches(${celText(OUTSIDE)})`,
  holds: (self) => !new RegExp(OUTSIDE).test(self[field] ?? ''),
});
