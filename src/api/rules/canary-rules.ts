import type { StoredCanarySpec } from '../canary.ts';
import { DNS_LABEL } from '../field.ts';
import { PROVIDER_NAMES, PROVIDERS_GONE, PROVIDERS_NOT_YET, providerOf } from '../provider.ts';
import { analysisRules } from './analysis-rules.ts';
import { pathRule } from './path-rule.ts';
import { celList, celText, notYet, type Rule, rulesAt } from './rule.ts';
import { serviceRules } from './service-rules.ts';

type Spec = StoredCanarySpec;
type Git = NonNullable<Spec['git']>;
type ObjectRef = NonNullable<Spec['routeRef']>;

const KNOWN = Object.keys(PROVIDER_NAMES);
const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);

const HAS_GATEWAYS = '(has(self.service.gatewayRefs) && size(self.service.gatewayRefs) > 0)';
const hasGateways = (spec: Spec): boolean => (spec.service.gatewayRefs ?? []).length > 0;

const specRules = rulesAt<Spec>('spec', [
  {
    field: 'provider',
    fault: 'forbidden',
    sentence: 'provider "{provider}" is not supported yet: want gatewayapi or nginx',
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
    sentence: 'provider "{provider}" is unknown: want gatewayapi or nginx',
    cel: `!has(self.provider) || self.provider in ${celList([...KNOWN, ...PROVIDERS_NOT_YET, ...PROVIDERS_GONE])}`,
    holds: ({ provider }) =>
      provider === undefined || isOneOf([...KNOWN, ...PROVIDERS_NOT_YET, ...PROVIDERS_GONE], provider),
  },
  {
    fault: 'required',
    sentence:
      'Nothing tells the data plane: set service.gatewayRefs or routeRef for Gateway API, or ingressRef for NGINX',
    cel: `has(self.provider) || has(self.ingressRef) || has(self.routeRef) || ${HAS_GATEWAYS}`,
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
    sentence: 'ingressRef has no effect with provider gatewayapi: remove it, or set provider: nginx',
    cel: '!has(self.provider) || !self.provider.startsWith("gatewayapi") || !has(self.ingressRef)',
    holds: (spec) => spec.provider?.startsWith('gatewayapi') !== true || spec.ingressRef === undefined,
  },
  {
    fault: 'forbidden',
    sentence:
      'service.gatewayRefs and routeRef have no effect with provider nginx: remove them, or set provider: gatewayapi',
    cel: `!has(self.provider) || self.provider != "nginx" || !(has(self.routeRef) || ${HAS_GATEWAYS})`,
    holds: (spec) => spec.provider !== 'nginx' || (spec.routeRef === undefined && !hasGateways(spec)),
  },
  {
    field: 'service.hosts',
    fault: 'forbidden',
    sentence: 'service.hosts has no effect on an Ingress, whose rules name the hosts: remove it',
    cel: '!has(self.ingressRef) || !has(self.service.hosts) || size(self.service.hosts) == 0',
    holds: (spec) => spec.ingressRef === undefined || (spec.service.hosts ?? []).length === 0,
  },
  {
    field: 'service.name',
    fault: 'required',
    sentence: 'targetRef.name "{targetRef.name}" cannot name a Service: set service.name to letters, digits and "-"',
    cel: `has(self.service.name) || self.targetRef.name.matches(${celText(DNS_LABEL)})`,
    holds: (spec) => spec.service.name !== undefined || new RegExp(DNS_LABEL).test(spec.targetRef.name),
  },
  notYet('autoscalerRef', { instead: 'remove it and the autoscaler; the primary keeps the replicas of the target' }),
  notYet('upstreamRef', { instead: 'Gloo Upstreams are not served; use Gateway API and service.gatewayRefs' }),
  notYet('acknowledgeEndOfLife', {
    unless: false,
    instead: 'remove it; no data plane that can be chosen is at its end',
  }),
  notYet('suspend', { unless: false, instead: 'remove it; reverting the change in Git withdraws a run' }),
  notYet('skipAnalysis', { unless: false, instead: 'remove it; every new version is analysed' }),
]);

const targetRules = rulesAt<Spec['targetRef']>('spec.targetRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'targetRef.kind {kind} is not supported yet: want Deployment',
    cel: 'self.kind == "Deployment"',
    holds: ({ kind }) => kind === 'Deployment',
  },
  {
    field: 'apiVersion',
    sentence: 'targetRef.apiVersion "{apiVersion}" has no Deployment: want apps/v1',
    cel: 'self.kind != "Deployment" || self.apiVersion == "apps/v1"',
    holds: ({ kind, apiVersion }) => kind !== 'Deployment' || apiVersion === 'apps/v1',
  },
]);

const GATEWAY_API = 'gateway.networking.k8s.io/';
const routeRules = rulesAt<ObjectRef>('spec.routeRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'routeRef.kind {kind} is not supported yet: want HTTPRoute',
    cel: 'self.kind == "HTTPRoute"',
    holds: ({ kind }) => kind === 'HTTPRoute',
  },
  {
    field: 'apiVersion',
    sentence: 'routeRef.apiVersion "{apiVersion}" has no HTTPRoute: want gateway.networking.k8s.io/v1',
    cel: `self.kind != "HTTPRoute" || self.apiVersion.startsWith(${celText(GATEWAY_API)})`,
    holds: ({ kind, apiVersion }) => kind !== 'HTTPRoute' || apiVersion.startsWith(GATEWAY_API),
  },
]);

const ingressRules = rulesAt<ObjectRef>('spec.ingressRef', [
  {
    sentence: 'ingressRef {apiVersion} {kind} cannot be split: want networking.k8s.io/v1 Ingress',
    cel: 'self.kind == "Ingress" && self.apiVersion == "networking.k8s.io/v1"',
    holds: ({ kind, apiVersion }) => kind === 'Ingress' && apiVersion === 'networking.k8s.io/v1',
  },
]);

const gitRules = rulesAt<Git>('spec.git', [
  pathRule('path', 'a folder of the Repository such as apps/podinfo'),
  notYet('required', { unless: false, instead: 'remove it; a run ends without waiting for Git' }),
  notYet('freeze', { unless: false, instead: 'remove git, or set onSuccess and onFailure to none' }),
  notYet('promote', { unless: 'empty', instead: 'remove it; the next environment is changed by hand' }),
]);

/** Every rule of a Canary, from the outside in. */
export const canaryRules: readonly Rule[] = [
  ...targetRules,
  ...specRules,
  ...routeRules,
  ...ingressRules,
  ...serviceRules,
  ...analysisRules,
  ...gitRules,
];
