/**
 * Plain text that YAML 1.1 or YAML 1.2 reads as something other than a string. Kubernetes tools read with either, so a
 * value stays plain only if it is a string in both.
 */
const NOT_A_STRING: readonly RegExp[] = [
  /^(~|null|Null|NULL)?$/,
  /^(y|Y|n|N|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^[-+]?(0b[01_]+|0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/,
  /^[-+]?([0-9][0-9_]*)?\.?[0-9_]*([eE][-+]?[0-9]+)?$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\s].*)?$/,
  /^(<<|=)$/,
];

/** Characters that mean something at the start of a plain scalar. */
const INDICATOR = /^[-?:,[\]{}#&*!|>'"%@`]/;

/** True when `text` can be written without quotes and every YAML reader gets the same string back. */
export const isSafePlain = (text: string, inFlow: boolean): boolean =>
  text === text.trim() &&
  !/[\p{Cc}\u2028\u2029\uFEFF]/u.test(text) &&
  !NOT_A_STRING.some((pattern) => pattern.test(text)) &&
  !(INDICATOR.test(text) && !/^[-?:][^\s,[\]{}]/.test(text)) &&
  !/^(---|\.\.\.)(\s|$)/.test(text) &&
  !/:(\s|$)|\s#/.test(text) &&
  !(inFlow && /[,[\]{}]/.test(text));

const doubleQuoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029\uFEFF]/gu, escapeOf)}"`;

const escapeOf = (character: string): string =>
  ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ??
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** `text` in the quoting style that stood there before, or in double quotes where that style cannot hold it. */
export const scalarText = (
  text: string,
  options: { readonly style: 'plain' | 'single' | 'double'; readonly inFlow: boolean },
): string => {
  const { style, inFlow } = options;
  if (style === 'plain' && isSafePlain(text, inFlow)) return text;
  if (style === 'single' && !/[\p{Cc}\u2028\u2029\uFEFF]/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return doubleQuoted(text);
};
