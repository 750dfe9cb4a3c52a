import type { ValueMatch } from '../rollout/request-match.ts';

/**
 * Cookies are one header, in which a regular expression must find one of them. Istio matches RE2 against the whole
 * value, so that what stands before and after the cookie is spelled out: `(?:.*;)?[ \t]*NAME=VALUE[ \t]*(?:;.*)?`.
 */
const BEFORE = '(?:.*;)?[ \\t]*';
const AFTER = '[ \\t]*(?:;.*)?';
const ANYTHING = '[^;]*';

/** What a person's expression may hold that would reach beyond the cookie's value, and what stands in its place. */
const BOUNDED: Readonly<Record<string, string>> = {
  '.': '[^;]',
  '\\S': '[^;\\s]',
  '\\D': '[^;\\d]',
  '\\W': '[^;\\w]',
};
const UNBOUNDED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(BOUNDED).map(([written, bounded]) => [bounded, written]),
);

/** An escaped character, a class, or a dot. */
const TOKEN = /\\[\s\S]|\[\^?\]?(?:\[:\w+:\]|\\[\s\S]|[^\]\\])*\]|\./g;

/** Anchors, which the whole value has anyway, mean nothing in the middle of a header. */
const ANCHOR = '(?:)';

const isEscaped = (regex: string): boolean => (/\\*$/.exec(regex)?.[0].length ?? 0) % 2 === 1;

/** An expression over one value, so written that it ends with that value; `unbounded` takes it back. */
const bounded = (regex: string): string => {
  const head = regex.startsWith('^') ? `${ANCHOR}${regex.slice(1)}` : regex;
  const isAnchored = head.endsWith('$') && !isEscaped(head.slice(0, -1));
  const whole = isAnchored ? `${head.slice(0, -1)}${ANCHOR}` : head;
  return whole.replace(
    TOKEN,
    (token) => BOUNDED[token] ?? (token.startsWith('[^') ? `${token.slice(0, -1)};]` : token),
  );
};

const unbounded = (regex: string): string => {
  const whole = regex.replace(
    TOKEN,
    (token) => UNBOUNDED[token] ?? (token.startsWith('[^') && token.endsWith(';]') ? `${token.slice(0, -2)}]` : token),
  );
  const head = whole.startsWith(ANCHOR) ? `^${whole.slice(ANCHOR.length)}` : whole;
  return head.endsWith(ANCHOR) ? `${head.slice(0, -ANCHOR.length)}$` : head;
};

/** What means something to RE2. */
const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

const unescaped = (text: string): string => text.replace(/\\([\s\S])/g, '$1');

/** The expression for the `cookie` header by which requests with such a cookie are known. */
export const cookieRegex = (name: string, { op, value }: ValueMatch): string =>
  `${BEFORE}${escaped(name)}=${
    {
      exact: escaped(value),
      prefix: `${escaped(value)}${ANYTHING}`,
      regex: `(?:${bounded(value)})`,
    }[op]
  }${AFTER}`;

/** The cookie that such an expression asks for; undefined for any other expression. */
export const cookieOf = (regex: string): (ValueMatch & { readonly name: string }) | undefined => {
  if (!regex.startsWith(BEFORE) || !regex.endsWith(AFTER)) return undefined;
  const inner = regex.slice(BEFORE.length, -AFTER.length);
  const equals = inner.indexOf('=');
  if (equals < 0) return undefined;
  const name = unescaped(inner.slice(0, equals));
  const value = inner.slice(equals + 1);
  if (value.startsWith('(?:')) return { name, op: 'regex', value: unbounded(value.slice('(?:'.length, -1)) };
  // Within a literal value the bracket would be escaped.
  if (!value.endsWith(ANYTHING)) return { name, op: 'exact', value: unescaped(value) };
  return { name, op: 'prefix', value: unescaped(value.slice(0, -ANYTHING.length)) };
};
