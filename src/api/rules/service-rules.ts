import type { StoredCanarySpec } from '../canary.ts';
import { notYet, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Service = StoredCanarySpec['service'];
type GatewayRef = NonNullable<Service['gatewayRefs']>[number];

const onRoute = (field: keyof Service & string): RuleBody<Service> =>
  notYet(field, { instead: 'remove it, or put it into an HTTPRoute of your own and name that as routeRef' });
/** Settings of Services that Serin makes; a target of kind Service brings its own. */
const SETTINGS = ['apex', 'primary', 'canary', 'trafficDistribution', 'portDiscovery'] as const;
const ofMadeServices = (field: (typeof SETTINGS)[number]): RuleBody<StoredCanarySpec> => ({
  field: `service.${field}`,
  fault: 'forbidden',
  sentence: `service.${field} has no effect on a target of kind Service, whose settings the sides get: remove it`,
  cel: `self.targetRef.kind != "Service" || !has(self.service.${field})${field === 'portDiscovery' ? ' || !self.service.portDiscovery' : ''}`,
  holds: ({ targetRef, service }) =>
    targetRef.kind !== 'Service' || service[field] === undefined || service[field] === false,
});

/** Rules of `spec.service`. */
export const serviceRules: readonly Rule[] = [
  ...rulesAt<StoredCanarySpec>('spec', SETTINGS.map(ofMadeServices)),
  ...rulesAt<Service>('spec.service', [
    onRoute('backendTimeout'),
    notYet('mirror', {
      unless: 'empty',
      instead: 'remove it, or put it into an HTTPRoute of your own, named as routeRef',
    }),
    notYet('headless', { unless: false, instead: 'remove it; weights need Services with an address' }),
  ]),
  ...rulesAt<GatewayRef>('spec.service.gatewayRefs[]', [
    {
      fault: 'forbidden',
      sentence:
        'gatewayRefs that are not a Gateway of gateway.networking.k8s.io are not supported yet: remove group and kind',
      cel: '(!has(self.kind) || self.kind == "Gateway") && (!has(self.group) || self.group == "gateway.networking.k8s.io")',
      holds: ({ kind = 'Gateway', group = 'gateway.networking.k8s.io' }) =>
        kind === 'Gateway' && group === 'gateway.networking.k8s.io',
    },
  ]),
];
