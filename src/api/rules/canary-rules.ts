import type { StoredCanarySpec } from '../canary.ts';
import { DNS_LABEL } from '../field.ts';
import { analysisRules } from './analysis-rules.ts';
import { autoscalerRules } from './autoscaler-rules.ts';
import { pathRule } from './path-rule.ts';
import { planeRules } from './plane-rules.ts';
import { celList, celText, notYet, type Rule, type RuleBody, rulesAt } from './rule.ts';
import { serviceRules } from './service-rules.ts';
import { strategyRules } from './strategy-rules.ts';
import { targetRules } from './target-rules.ts';

type Spec = StoredCanarySpec;
type Git = NonNullable<Spec['git']>;
type ObjectRef = NonNullable<Spec['routeRef']>;

const specRules = rulesAt<Spec>('spec', [
  {
    field: 'service.name',
    fault: 'required',
    sentence: 'targetRef.name "{targetRef.name}" cannot name a Service: set service.name to letters, digits and "-"',
    cel: `has(self.service.name) || self.targetRef.name.matches(${celText(DNS_LABEL)})`,
    holds: (spec) => spec.service.name !== undefined || new RegExp(DNS_LABEL).test(spec.targetRef.name),
  },
]);

const ROUTE_GROUPS: Readonly<Record<string, string>> = {
  HTTPRoute: 'gateway.networking.k8s.io',
  VirtualService: 'networking.istio.io',
};
const routeRules = rulesAt<ObjectRef>('spec.routeRef', [
  {
    field: 'kind',
    fault: 'forbidden',
    sentence: 'routeRef.kind {kind} is not supported yet: want HTTPRoute or VirtualService',
    cel: `self.kind in ${celList(Object.keys(ROUTE_GROUPS))}`,
    holds: ({ kind }) => kind in ROUTE_GROUPS,
  },
  ...Object.entries(ROUTE_GROUPS).map(
    ([routeKind, group]): RuleBody<ObjectRef> => ({
      field: 'apiVersion',
      sentence: `routeRef.apiVersion "{apiVersion}" has no ${routeKind}: want ${group}/v1`,
      cel: `self.kind != ${celText(routeKind)} || self.apiVersion.startsWith(${celText(`${group}/`)})`,
      holds: ({ kind, apiVersion }) => kind !== routeKind || apiVersion.startsWith(`${group}/`),
    }),
  ),
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
  ...planeRules,
  ...strategyRules,
  ...specRules,
  ...autoscalerRules,
  ...routeRules,
  ...ingressRules,
  ...serviceRules,
  ...analysisRules,
  ...gitRules,
];
