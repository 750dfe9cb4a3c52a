import type { KubeObject } from '../../lib/kube-object.ts';
import { literalOf, literalPattern } from '../../lib/literal-pattern.ts';
import type { Condition, RequestMatch } from '../../rollout/request-match.ts';
import type { Capabilities } from '../router.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/canary-by-';
const HEADER = `${PREFIX}header`;
const VALUE = `${HEADER}-value`;
const PATTERN = `${HEADER}-pattern`;
const COOKIE = `${PREFIX}cookie`;

/** The only value of the cookie that leads to the canary. A client whose cookie says `never` gets the primary alone. */
const ALWAYS = 'always';

/** What a canary Ingress can tell requests by: one header, and beside it one cookie. */
export const CANARY_PINS: Required<Pick<Capabilities, 'pins' | 'pinLimits'>> = {
  pins: { header: ['exact', 'prefix', 'regex'], cookie: ['exact'], query: [] },
  pinLimits: { matches: 2, conditions: 1 },
};

/**
 * What the plane takes in these annotations (`BasicCharsRegex` and `IsValidRegex` of its parser): anything else it leaves
 * out with a line in its log, and goes by the header's `always`, or by the weight alone.
 */
const NAME = /^[-._~a-zA-Z0-9/:]+$/;
const TEXT = /^[-._~a-zA-Z0-9/: ]+$/;
const EXPRESSION = /^[-._~a-zA-Z0-9/:^$[\](){}*+?|&=\\]+$/;

const refuse = (found: string, wanted: string): never => {
  throw new RangeError(`Cannot write the route: ingress-nginx ${found}; want ${wanted}`);
};

const checked = (text: string, characters: RegExp): string =>
  characters.test(text)
    ? text
    : refuse(
        `does not take ${JSON.stringify(text)} in an annotation`,
        characters === EXPRESSION
          ? 'letters, digits, -._~/: and the signs of a regular expression'
          : 'letters, digits and -._~/:',
      );

/** The plane finds a pattern anywhere in the value, and without any value or pattern it looks for `always`. */
const headerAnnotations = ({ name, op, value }: Condition): Readonly<Record<string, string>> => {
  if (op === 'exact') return { [HEADER]: checked(name, NAME), [VALUE]: checked(value, TEXT) };
  const pattern = op === 'regex' ? `^(?:${value})$` : `^${literalPattern(value)}.*$`;
  return { [HEADER]: checked(name, NAME), [PATTERN]: checked(pattern, EXPRESSION) };
};

/** The annotations that pin requests; what they cannot say throws a RangeError. */
export const pinAnnotations = (pinned: readonly RequestMatch[] = []): Readonly<Record<string, string>> => {
  const conditions = pinned.flat();
  const [header, secondHeader] = conditions.filter(({ on }) => on === 'header');
  const [cookie, secondCookie] = conditions.filter(({ on }) => on === 'cookie');
  if (pinned.some((match) => match.length === 0)) refuse('takes no match without a condition', 'one');
  if (secondHeader !== undefined) refuse('takes one header to tell requests by', 'one alternative of headers');
  if (secondCookie !== undefined) refuse('takes one cookie to tell requests by', 'one alternative of cookies');
  if (cookie !== undefined && cookie.value !== ALWAYS) {
    refuse(`knows no value of a cookie but ${ALWAYS}, not ${JSON.stringify(cookie.value)}`, ALWAYS);
  }
  return {
    ...(header === undefined ? {} : headerAnnotations(header)),
    ...(cookie === undefined ? {} : { [COOKIE]: checked(cookie.name, NAME) }),
  };
};

/** The annotations of an Ingress that pin requests, whoever wrote them. */
export const writtenPins = ({ metadata }: KubeObject): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(PREFIX)));

const headerCondition = (written: Readonly<Record<string, string>>): Condition | undefined => {
  const { [HEADER]: name = '', [VALUE]: value = '', [PATTERN]: pattern = '' } = written;
  if (name === '') return undefined;
  const header = { on: 'header', name } as const;
  if (value !== '') return { ...header, op: 'exact', value };
  if (pattern === '') return { ...header, op: 'exact', value: ALWAYS };
  if (pattern.startsWith('^(?:') && pattern.endsWith(')$')) {
    return { ...header, op: 'regex', value: pattern.slice('^(?:'.length, -')$'.length) };
  }
  const prefix = pattern.startsWith('^') && pattern.endsWith('.*$') ? literalOf(pattern.slice(1, -3)) : undefined;
  return prefix === undefined ? { ...header, op: 'regex', value: pattern } : { ...header, op: 'prefix', value: prefix };
};

/** What a canary Ingress pins: `pinAnnotations` backwards; undefined when it pins nothing. */
export const pinsOf = (canary: KubeObject): readonly RequestMatch[] | undefined => {
  const written = writtenPins(canary);
  const header = headerCondition(written);
  const cookie = written[COOKIE];
  const matches: readonly RequestMatch[] = [
    ...(header === undefined ? [] : [[header]]),
    ...(cookie === undefined ? [] : [[{ on: 'cookie', name: cookie, op: 'exact', value: ALWAYS } as const]]),
  ];
  return matches.length === 0 ? undefined : matches;
};
