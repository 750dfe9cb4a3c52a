import type { StoredCanarySpec } from '../canary.ts';
import type { RequestMatchSpec, ValueMatchSpec } from '../request-matches.ts';
import { celText, type Rule, rulesAt } from './rule.ts';

type Analysis = StoredCanarySpec['analysis'];

/** Names of headers and cookies are tokens (RFC 9110), without the backtick that Traefik's rules are quoted by. */
const TOKEN = "^[A-Za-z0-9!#$%&'*+.^_|~-]+$";

const has = (field: 'headers' | 'queryParams'): string => `(has(self.${field}) && size(self.${field}) > 0)`;
const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

const FORMS = ['exact', 'prefix', 'suffix', 'regex'] as const;
const forms = (match: ValueMatchSpec): number => FORMS.filter((form) => match[form] !== undefined).length;
/** In CEL, that of every value match in a field `held` forms are set. */
const celForms = (field: 'headers' | 'queryParams', held: '== 1' | '<= 1'): string =>
  `!has(self.${field}) || self.${field}.map(name, self.${field}[name]).all(m, size([${FORMS.map((form) => `has(m.${form})`).join(', ')}].filter(is, is)) ${held})`;

/** Rules of `spec.analysis.match`. */
export const matchRules: readonly Rule[] = [
  ...rulesAt<Analysis>('spec.analysis', [
    {
      field: 'match',
      fault: 'required',
      sentence:
        'match leads the requests that it names to the canary for a number of intervals: set iterations, such as 10, and no steps',
      cel: '!has(self.match) || size(self.match) == 0 || (has(self.iterations) && self.iterations > 0)',
      holds: ({ match = [], iterations = 0 }) => match.length === 0 || iterations > 0,
    },
  ]),
  ...rulesAt<RequestMatchSpec>('spec.analysis.match[]', [
    {
      fault: 'required',
      sentence: 'An item of match without headers and queryParams would lead every request to the canary: want one',
      cel: `${has('headers')} || ${has('queryParams')} || (has(self.sourceLabels) && size(self.sourceLabels) > 0)`,
      holds: ({ headers, queryParams, sourceLabels }) => size(headers) + size(queryParams) + size(sourceLabels) > 0,
    },
    {
      field: 'sourceLabels',
      fault: 'forbidden',
      sentence:
        'sourceLabels tell requests by the pod that sends them, which only the proxies of a mesh can see, and is not supported yet: want headers or queryParams',
      cel: '!has(self.sourceLabels) || size(self.sourceLabels) == 0',
      holds: ({ sourceLabels }) => size(sourceLabels) === 0,
    },
    {
      field: 'headers',
      sentence: 'The value of a header is compared in one way: want one of exact, prefix, suffix and regex for each',
      cel: celForms('headers', '== 1'),
      holds: ({ headers = {} }) => Object.values(headers).every((match) => forms(match) === 1),
    },
    {
      field: 'headers',
      sentence: "The name of a header is letters, digits and !#$%&'*+.^_|~-: want such names",
      cel: `!has(self.headers) || self.headers.all(name, name.matches(${celText(TOKEN)}))`,
      holds: ({ headers = {} }) => Object.keys(headers).every((name) => new RegExp(TOKEN).test(name)),
    },
    {
      field: 'queryParams',
      sentence:
        'The value of a query parameter is compared in one way: want at most one of exact, prefix, suffix and regex for each',
      cel: celForms('queryParams', '<= 1'),
      holds: ({ queryParams = {} }) => Object.values(queryParams).every((match) => forms(match) <= 1),
    },
  ]),
];
