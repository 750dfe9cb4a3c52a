import type { StoredCanarySpec } from '../canary.ts';
import { PROVIDER_NAMES, PROVIDERS_GONE, PROVIDERS_NOT_YET, type Provider, providerOf } from '../provider.ts';
import { celList, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Spec = StoredCanarySpec;
type Service = Spec['service'];

const KNOWN = Object.keys(PROVIDER_NAMES);
const WANT = 'want gatewayapi, istio, nginx, appmesh or gloo';
const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);

const HAS_GATEWAYS = '(has(self.service.gatewayRefs) && size(self.service.gatewayRefs) > 0)';
const hasGateways = (spec: Spec): boolean => (spec.service.gatewayRefs ?? []).length > 0;
const HAS_ISTIO_GATEWAYS = '(has(self.service.gateways) && size(self.service.gateways) > 0)';

/** In CEL, what `providerOf` says: the word of the data plane, or "" when nothing tells it. */
const PLANE = `(has(self.provider) ? self.provider : has(self.routeRef) ? (self.routeRef.kind == "VirtualService" ? "istio" : "gatewayapi") : ${HAS_GATEWAYS} ? "gatewayapi" : has(self.ingressRef) ? "nginx" : ${HAS_ISTIO_GATEWAYS} ? "istio" : "")`;

const namesOf = (planes: readonly Provider[]): readonly string[] =>
  KNOWN.filter((name) => planes.some((plane) => PROVIDER_NAMES[name] === plane));

/** The same in TypeScript: also a provider that nobody knows is one. */
const planeOf = (spec: Spec): string => spec.provider ?? providerOf(spec) ?? '';

/** True in CEL for a Canary on one of the planes. */
export const isOn = (...planes: readonly Provider[]): string => `${PLANE} in ${celList(namesOf(planes))}`;
export const on = (spec: Spec, ...planes: readonly Provider[]): boolean => {
  const plane = providerOf(spec);
  return plane !== undefined && planes.includes(plane);
};

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

/** In CEL, that a field of `spec.service` is set to something that has an effect. */
const celIsSet = (field: string, harmless: 'empty' | false | undefined): string =>
  harmless === undefined
    ? `has(self.service.${field})`
    : harmless === 'empty'
      ? `(has(self.service.${field}) && size(self.service.${field}) > 0)`
      : `(has(self.service.${field}) && self.service.${field})`;

/** `field` of `spec.service` shapes the route on some planes only. */
const onlyOn = (
  field: keyof Service & string,
  {
    planes,
    instead,
    harmless,
  }: { readonly planes: readonly Provider[]; readonly instead: string; readonly harmless?: 'empty' | false },
): RuleBody<Spec> => ({
  field: `service.${field}`,
  fault: 'forbidden',
  sentence: `service.${field} has an effect with provider ${planes.join(', ')} only: ${instead}`,
  cel: `!${celIsSet(field, harmless)} || ${PLANE} == "" || ${isOn(...planes)}`,
  holds: (spec) => !isSet(spec.service[field]) || planeOf(spec) === '' || on(spec, ...planes),
});

const OWN_ROUTE = 'remove it, or put it into a route of your own and name that as routeRef';
const REMOVE = 'remove it';

/** Options of a route that Serin makes; one that is adopted has its own. */
const ROUTE_OPTIONS = ['match', 'retries', 'timeout', 'headers', 'corsPolicy', 'rewrite'] as const;

const optionRules: readonly RuleBody<Spec>[] = [
  onlyOn('match', { planes: ['istio', 'appmesh', 'gloo'], instead: OWN_ROUTE, harmless: 'empty' }),
  onlyOn('retries', { planes: ['istio', 'appmesh', 'gloo'], instead: OWN_ROUTE }),
  onlyOn('timeout', { planes: ['istio', 'appmesh', 'gloo'], instead: OWN_ROUTE }),
  onlyOn('headers', { planes: ['istio', 'gloo'], instead: OWN_ROUTE }),
  onlyOn('corsPolicy', { planes: ['istio', 'gloo'], instead: OWN_ROUTE }),
  onlyOn('rewrite', { planes: ['istio', 'gloo'], instead: OWN_ROUTE }),
  onlyOn('gateways', { planes: ['istio'], instead: REMOVE, harmless: 'empty' }),
  onlyOn('delegation', { planes: ['istio'], instead: REMOVE, harmless: false }),
  onlyOn('trafficPolicy', { planes: ['istio'], instead: REMOVE }),
  onlyOn('meshName', { planes: ['appmesh'], instead: REMOVE }),
  onlyOn('backends', { planes: ['appmesh'], instead: REMOVE, harmless: 'empty' }),
  {
    field: 'service.delegation',
    fault: 'forbidden',
    sentence: 'service.delegation makes a VirtualService without hosts and gateways: remove service.hosts and gateways',
    cel: `!${celIsSet('delegation', false)} || ((!has(self.service.hosts) || size(self.service.hosts) == 0) && !${HAS_ISTIO_GATEWAYS})`,
    holds: ({ service }) => service.delegation !== true || (!isSet(service.hosts) && !isSet(service.gateways)),
  },
  {
    field: 'service',
    fault: 'forbidden',
    sentence:
      'service has options of a route (match, retries, timeout, headers, corsPolicy, rewrite) and routeRef names a route that has its own: put them into that route',
    cel: `!has(self.routeRef) || !(${ROUTE_OPTIONS.map((field) => celIsSet(field, field === 'match' ? 'empty' : undefined)).join(' || ')})`,
    holds: ({ routeRef, service }) => routeRef === undefined || !ROUTE_OPTIONS.some((field) => isSet(service[field])),
  },
  {
    field: 'upstreamRef',
    fault: 'forbidden',
    sentence: 'upstreamRef has an effect with provider gloo only: remove it, or set provider: gloo',
    cel: `!has(self.upstreamRef) || ${isOn('gloo')}`,
    holds: (spec) => spec.upstreamRef === undefined || on(spec, 'gloo'),
  },
];

const affinityRules: readonly RuleBody<Spec>[] = [
  {
    field: 'analysis.sessionAffinity',
    fault: 'forbidden',
    sentence:
      'sessionAffinity needs a route that sets a cookie on the answers of each side, which those of nginx and appmesh cannot: remove it, or move to gatewayapi or istio',
    cel: `!has(self.analysis.sessionAffinity) || !(${isOn('nginx', 'appmesh')})`,
    holds: (spec) => spec.analysis.sessionAffinity === undefined || !on(spec, 'nginx', 'appmesh'),
  },
];

const endOfLifeRules: readonly RuleBody<Spec>[] = [
  {
    field: 'acknowledgeEndOfLife',
    fault: 'required',
    sentence:
      'AWS has switched App Mesh off on 2026-09-30: move to VPC Lattice with provider gatewayapi (docs/app-mesh.md), or set acknowledgeEndOfLife: true',
    cel: `!(${isOn('appmesh')}) || (has(self.acknowledgeEndOfLife) && self.acknowledgeEndOfLife)`,
    holds: (spec) => !on(spec, 'appmesh') || spec.acknowledgeEndOfLife === true,
  },
  {
    field: 'acknowledgeEndOfLife',
    fault: 'forbidden',
    sentence: 'acknowledgeEndOfLife is for provider appmesh, which is at its end: remove it',
    cel: `!has(self.acknowledgeEndOfLife) || !self.acknowledgeEndOfLife || ${isOn('appmesh')}`,
    holds: (spec) => spec.acknowledgeEndOfLife !== true || on(spec, 'appmesh'),
  },
];

/** Rules of which data plane is meant, and of what shapes its route. */
export const planeRules: readonly Rule[] = rulesAt<Spec>('spec', [
  {
    field: 'provider',
    fault: 'forbidden',
    sentence: `provider "{provider}" is not supported yet: ${WANT}`,
    cel: `!has(self.provider) || !(self.provider in ${celList(PROVIDERS_NOT_YET)})`,
    holds: ({ provider }) => provider === undefined || !isOneOf(PROVIDERS_NOT_YET, provider),
  },
  {
    field: 'provider',
    sentence: 'provider "{provider}" is discontinued and not supported: its successor is gatewayapi',
    cel: `!has(self.provider) || !(self.provider in ${celList(PROVIDERS_GONE)})`,
    holds: ({ provider }) => provider === undefined || !isOneOf(PROVIDERS_GONE, provider),
  },
  {
    field: 'provider',
    sentence: `provider "{provider}" is unknown: ${WANT}`,
    cel: `!has(self.provider) || self.provider in ${celList([...KNOWN, ...PROVIDERS_NOT_YET, ...PROVIDERS_GONE])}`,
    holds: ({ provider }) =>
      provider === undefined || isOneOf([...KNOWN, ...PROVIDERS_NOT_YET, ...PROVIDERS_GONE], provider),
  },
  {
    fault: 'required',
    sentence:
      'Nothing tells the data plane: set service.gatewayRefs or routeRef for Gateway API, ingressRef for NGINX, or provider',
    cel: `has(self.provider) || ${PLANE} != ""`,
    holds: (spec) => spec.provider !== undefined || providerOf(spec) !== undefined,
  },
  {
    field: 'provider',
    sentence:
      'provider is not set and both ingressRef (NGINX) and service.gatewayRefs or routeRef (Gateway API) are: keep those of one data plane',
    cel: `has(self.provider) || !has(self.ingressRef) || !(has(self.routeRef) || ${HAS_GATEWAYS})`,
    holds: (spec) =>
      spec.provider !== undefined ||
      spec.ingressRef === undefined ||
      (spec.routeRef === undefined && !hasGateways(spec)),
  },
  {
    field: 'service.gatewayRefs',
    fault: 'required',
    sentence: 'provider gatewayapi needs service.gatewayRefs, or routeRef to adopt an HTTPRoute',
    cel: `!has(self.provider) || !self.provider.startsWith("gatewayapi") || has(self.routeRef) || ${HAS_GATEWAYS}`,
    holds: (spec) =>
      spec.provider?.startsWith('gatewayapi') !== true || spec.routeRef !== undefined || hasGateways(spec),
  },
  {
    field: 'ingressRef',
    fault: 'required',
    sentence: 'provider nginx needs ingressRef, the Ingress whose traffic is split',
    cel: '!has(self.provider) || self.provider != "nginx" || has(self.ingressRef)',
    holds: (spec) => spec.provider !== 'nginx' || spec.ingressRef !== undefined,
  },
  {
    field: 'ingressRef',
    fault: 'forbidden',
    sentence: 'ingressRef has no effect with provider {provider}: remove it, or set provider: nginx',
    cel: '!has(self.provider) || !has(self.ingressRef) || self.provider == "nginx"',
    holds: (spec) => spec.provider === undefined || spec.ingressRef === undefined || spec.provider === 'nginx',
  },
  {
    field: 'service.gatewayRefs',
    fault: 'forbidden',
    sentence: 'service.gatewayRefs has no effect with provider {provider}: remove it, or set provider: gatewayapi',
    cel: `!has(self.provider) || self.provider.startsWith("gatewayapi") || !${HAS_GATEWAYS}`,
    holds: (spec) => spec.provider === undefined || spec.provider.startsWith('gatewayapi') || !hasGateways(spec),
  },
  {
    field: 'routeRef',
    fault: 'forbidden',
    sentence:
      'routeRef {routeRef.kind} has no effect with provider {provider}: want an HTTPRoute with gatewayapi, a VirtualService with istio, or no routeRef',
    cel: `!has(self.provider) || !has(self.routeRef) || (self.routeRef.kind == "VirtualService" ? self.provider == "istio" : self.provider.startsWith("gatewayapi"))`,
    holds: ({ provider, routeRef }) =>
      provider === undefined ||
      routeRef === undefined ||
      (routeRef.kind === 'VirtualService' ? provider === 'istio' : provider.startsWith('gatewayapi')),
  },
  {
    field: 'service.hosts',
    fault: 'forbidden',
    sentence: 'service.hosts has no effect on an Ingress, whose rules name the hosts: remove it',
    cel: '!has(self.ingressRef) || !has(self.service.hosts) || size(self.service.hosts) == 0',
    holds: (spec) => spec.ingressRef === undefined || (spec.service.hosts ?? []).length === 0,
  },
  {
    field: 'service.hosts',
    fault: 'forbidden',
    sentence: 'service.hosts has no effect with provider {provider}, which takes the hosts from elsewhere: remove it',
    cel: `!has(self.provider) || !(self.provider in ${celList(namesOf(['appmesh', 'gloo']))}) || !has(self.service.hosts) || size(self.service.hosts) == 0`,
    holds: (spec) => spec.provider === undefined || !on(spec, 'appmesh', 'gloo') || !isSet(spec.service.hosts),
  },
  ...optionRules,
  ...affinityRules,
  ...endOfLifeRules,
]);
