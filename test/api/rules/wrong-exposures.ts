import { SPECS } from '../example.ts';

type WrongSpec = { readonly kind: string; readonly spec: unknown; readonly told: readonly string[] };
type Fields = Readonly<Record<string, unknown>>;

const canary = SPECS['Canary'] ?? {};
const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];

const withSpec = (fields: Fields, analysis: Fields, ...told: readonly string[]): WrongSpec => ({
  kind: 'Canary',
  spec: { ...canary, ...fields, analysis: { interval: '30s', metrics, ...analysis } },
  told,
});
const withMatch = (item: Fields, ...told: readonly string[]): WrongSpec =>
  withSpec({}, { iterations: 10, match: [item] }, ...told.map((text) => `spec.analysis.match[0]${text}`));
const withAffinity = (fields: Fields, ...told: readonly string[]): WrongSpec =>
  withSpec(
    {},
    { stepWeights: [5, 50], sessionAffinity: { cookieName: 'side', ...fields } },
    ...told.map((text) => `spec.analysis.sessionAffinity${text}`),
  );

const header = { headers: { 'x-canary': { exact: 'always' } } };
const ONE_WAY = ': The value of a header is compared in one way: want one of exact, prefix, suffix and regex for each';
const SECURE =
  '.secure: Browsers drop a cookie with sameSite None, partitioned, or a name that begins with __Secure- or __Host- unless it is secure: set secure: true';
const HOST =
  '.domain: Browsers drop a cookie whose name begins with __Host- unless it has no domain and the path /: remove domain and path, or rename it';
const PLANES =
  'spec.analysis.sessionAffinity: sessionAffinity needs a route that sets a cookie on the answers of each side, which those of nginx and appmesh cannot: remove it, or move to gatewayapi or istio';

/** Canaries whose matches or affinity a rule refuses, with every problem that is told. */
export const WRONG_EXPOSURES: readonly WrongSpec[] = [
  withSpec(
    {},
    { stepWeights: [5, 50], match: [header] },
    'spec.analysis.match: match leads the requests that it names to the canary for a number of intervals: set iterations, such as 10, and no steps',
  ),
  withMatch({}, ': An item of match without headers and queryParams would lead every request to the canary: want one'),
  withMatch(
    { headers: {}, queryParams: {} },
    ': An item of match without headers and queryParams would lead every request to the canary: want one',
  ),
  withMatch(
    { sourceLabels: { app: 'shop' } },
    '.sourceLabels: sourceLabels tell requests by the pod that sends them, which only the proxies of a mesh can see, and is not supported yet: want headers or queryParams',
  ),
  withMatch({ headers: { 'x-canary': {} } }, `.headers${ONE_WAY}`),
  withMatch({ headers: { 'x-canary': { exact: 'a', prefix: 'a' } } }, `.headers${ONE_WAY}`),
  withMatch(
    { headers: { 'x canary': { exact: 'a' } } },
    ".headers: The name of a header is letters, digits and !#$%&'*+.^_|~-: want such names",
  ),
  withMatch(
    { queryParams: { canary: { exact: 'a', regex: 'a' } } },
    '.queryParams: The value of a query parameter is compared in one way: want at most one of exact, prefix, suffix and regex for each',
  ),
  withSpec(
    {},
    { iterations: 10, mirror: true, sessionAffinity: { cookieName: 'side' } },
    'spec.analysis.sessionAffinity: sessionAffinity keeps clients on the side that a weight gave them, and a run by iterations has no weights: remove it, or set stepWeights instead of iterations',
  ),
  withSpec(
    { service: { port: 80 }, ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' } },
    { stepWeights: [5, 50], sessionAffinity: { cookieName: 'side' } },
    PLANES,
  ),
  withAffinity(
    { primaryCookieName: 'side' },
    '.primaryCookieName: cookieName and primaryCookieName are both side, so that no client could be told by them: want two names',
  ),
  withAffinity({ sameSite: 'None' }, SECURE),
  withAffinity({ partitioned: true, secure: false }, SECURE),
  withAffinity({ primaryCookieName: '__Secure-side' }, SECURE),
  withAffinity({ cookieName: '__Host-side', secure: true, domain: 'example.com' }, HOST),
  withAffinity({ primaryCookieName: '__Host-side', secure: true, path: '/shop' }, HOST),
];
