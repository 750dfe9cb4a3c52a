import type { CanarySpec } from '../api/canary.ts';
import { providerOf } from '../api/provider.ts';
import type { RequestMatchSpec, ValueMatchSpec } from '../api/request-matches.ts';
import { literalPattern } from '../lib/literal-pattern.ts';
import type { Condition, RequestMatch, ValueMatch } from './request-match.ts';

/** A value in the words of the core; without exact, prefix, suffix and regex any value will do. */
const valueMatch = ({ exact, prefix, suffix, regex }: ValueMatchSpec): ValueMatch => {
  if (exact !== undefined) return { op: 'exact', value: exact };
  if (regex !== undefined) return { op: 'regex', value: regex };
  if (suffix !== undefined) return { op: 'regex', value: `.*${literalPattern(suffix)}` };
  return { op: 'prefix', value: prefix ?? '' };
};

const COOKIE_NAME = /^[A-Za-z0-9!#$%&'*+.^_|~-]+$/;
/** What people write for the other cookies before the one that they mean, and for those behind it. */
const OTHERS_BEFORE = /^(?:\((?:\?:)?\.[*+]\??;(?: ?[*?]?|\\s[*?]?)\)\?|\.\*\??)/;
const OTHERS_BEHIND = /(?:\((?:\?:)?;\.[*+]\??\)\?|\.\*\??)$/;
const COOKIE = /^(\(?)([A-Za-z0-9_-]+)=([A-Za-z0-9_-]+)(\)?)$/;

/**
 * The cookie that a match of the whole header means, on a plane that knows cookies and cannot look through the header:
 * a name alone is, as with Flagger, a cookie that says `always`. Undefined for anything else.
 */
const cookieIn = ({ op, value }: ValueMatch): Condition | undefined => {
  if (op === 'exact') {
    const [name = '', ...rest] = value.split('=');
    if (!COOKIE_NAME.test(name)) return undefined;
    return { on: 'cookie', name, op, value: rest.length === 0 ? 'always' : rest.join('=') };
  }
  if (op === 'prefix') return undefined;
  const one = value.replace(/^\^/, '').replace(/\$$/, '').replace(OTHERS_BEFORE, '').replace(OTHERS_BEHIND, '');
  const [, opened, name, cookie, closed] = COOKIE.exec(one) ?? [];
  if (name === undefined || cookie === undefined || (opened === '(') !== (closed === ')')) return undefined;
  return { on: 'cookie', name, op: 'exact', value: cookie };
};

const conditionsOf = (
  { headers = {}, queryParams = {} }: RequestMatchSpec,
  { knowsCookies }: { readonly knowsCookies: boolean },
): RequestMatch => [
  ...Object.entries(headers).map(([name, value]): Condition => {
    const header = { on: 'header', name: name.toLowerCase(), ...valueMatch(value) } as const;
    return (knowsCookies && header.name === 'cookie' && cookieIn(header)) || header;
  }),
  ...Object.entries(queryParams).map(([name, value]): Condition => ({ on: 'query', name, ...valueMatch(value) })),
];

/** The requests that an A/B run leads to the canary, as `spec.analysis.match` asks for them; none without it. */
export const askedMatches = (spec: CanarySpec): readonly RequestMatch[] => {
  // ingress-nginx takes no semicolon in the pattern of a header, but the name of a cookie.
  const knowsCookies = providerOf(spec) === 'nginx';
  return (spec.analysis.match ?? []).map((item) => conditionsOf(item, { knowsCookies }));
};
