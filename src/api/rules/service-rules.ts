import type { StoredCanarySpec } from '../canary.ts';
import { notYet, type Rule, type RuleBody, rulesAt } from './rule.ts';

type Service = StoredCanarySpec['service'];
type GatewayRef = NonNullable<Service['gatewayRefs']>[number];

const onRoute = (field: keyof Service & string): RuleBody<Service> =>
  notYet(field, { instead: 'remove it, or put it into an HTTPRoute of your own and name that as routeRef' });
const onService = (field: 'apex' | 'primary' | 'canary' | 'trafficDistribution'): RuleBody<Service> =>
  notYet(field, { instead: 'remove it; the Services carry the labels and settings that Serin gives them' });
/** Rules of `spec.service`. */
export const serviceRules: readonly Rule[] = [
  ...rulesAt<Service>('spec.service', [
    onRoute('backendTimeout'),
    notYet('mirror', {
      unless: 'empty',
      instead: 'remove it, or put it into an HTTPRoute of your own, named as routeRef',
    }),
    ...(['trafficDistribution', 'apex', 'primary', 'canary'] as const).map(onService),
    notYet('portDiscovery', { unless: false, instead: 'remove it and name the port in service.port' }),
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
