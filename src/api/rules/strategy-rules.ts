import type { StoredCanarySpec } from '../canary.ts';
import { BUILT_IN_METRICS } from './metric-rules.ts';
import { isOn, on } from './plane-rules.ts';
import { celList, type Rule, rulesAt } from './rule.ts';

type Spec = StoredCanarySpec;

const COUNTED_AT_THE_ROUTE = ['gatewayapi', 'nginx', 'appmesh', 'gloo'] as const;
const CANNOT_MIRROR = ['nginx', 'appmesh'] as const;

const isBuiltIn = (name: string): boolean => BUILT_IN_METRICS.some((known) => known === name);

/** Something that counts and does not need the data plane to lead requests to the canary. */
const judgesWithoutTraffic = ({ analysis: { metrics, webhooks = [] } }: Spec): boolean =>
  metrics.some(({ name, dryRun }) => !isBuiltIn(name) && !dryRun) ||
  webhooks.some(({ type = 'rollout' }) => type === 'rollout');

/** What of a strategy the data plane decides. */
export const strategyRules: readonly Rule[] = rulesAt<Spec>('spec', [
  {
    field: 'analysis.mirror',
    fault: 'forbidden',
    sentence: `This data plane cannot mirror requests (${CANNOT_MIRROR.join(' and ')} cannot): remove analysis.mirror`,
    cel: `!(${isOn(...CANNOT_MIRROR)}) || !has(self.analysis.mirror) || !self.analysis.mirror`,
    holds: (spec) => !on(spec, ...CANNOT_MIRROR) || spec.analysis.mirror !== true,
  },
  {
    field: 'analysis.iterations',
    fault: 'forbidden',
    sentence:
      'Nothing would judge this blue/green run before it takes all traffic: the built-in metrics count what the route leads to the canary, which is nothing till then; add analysis.mirror, a metric of your own, or a webhook of type rollout',
    cel: `!(${isOn(...COUNTED_AT_THE_ROUTE)}) || !has(self.analysis.iterations) || self.analysis.iterations == 0 || (has(self.analysis.match) && size(self.analysis.match) > 0) || (has(self.analysis.mirror) && self.analysis.mirror) || self.analysis.metrics.exists(m, !(m.name in ${celList(BUILT_IN_METRICS)}) && !m.dryRun) || (has(self.analysis.webhooks) && self.analysis.webhooks.exists(w, !has(w.type) || w.type == "rollout"))`,
    holds: (spec) => {
      const { iterations = 0, match = [], mirror } = spec.analysis;
      const isSilent = iterations > 0 && match.length === 0 && mirror !== true;
      return !on(spec, ...COUNTED_AT_THE_ROUTE) || !isSilent || judgesWithoutTraffic(spec);
    },
  },
]);
