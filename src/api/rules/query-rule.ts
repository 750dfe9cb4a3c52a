import { celText, type RuleBody } from './rule.ts';

/** What may stand in `{{ }}` of a query, beside `args.NAME` and, as Flagger writes it, `variables.NAME`. */
const QUERY_VARIABLES = [
  'name',
  'namespace',
  'target',
  'primary',
  'canary',
  'service',
  'route',
  'ingress',
  'interval',
] as const;

/** A brace of PromQL may stand right before a variable: `up{{{ args.label }}="x"}`. */
const KNOWN = `^([^{]|[{][^{]|[{]?[{][{]\\s*(${QUERY_VARIABLES.join('|')}|(args|variables)[.][A-Za-z0-9_-]+)\\s*[}][}])*[{]?$`;

/** `query` must use variables that exist only. */
export const queryRule: RuleBody<{ readonly query?: string | undefined }> = {
  field: 'query',
  sentence: `query has an unknown variable in {{ }}: want one of ${QUERY_VARIABLES.join(', ')}, or args.NAME`,
  cel: `!has(self.query) || self.query.matches(${celText(KNOWN)})`,
  holds: ({ query }) => query === undefined || new RegExp(KNOWN).test(query),
};
