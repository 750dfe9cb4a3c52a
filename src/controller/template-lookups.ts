import type { MetricTemplateLookup } from '../analysis/from-metric-template.ts';
import type { TemplateLookup } from '../analysis/from-template.ts';
import { allowsNamespace, grantCommand } from '../api/allowed-namespaces.ts';
import { parseMetricTemplate } from '../api/metric-template.ts';
import { parseAnalysisTemplate } from '../api/parse.ts';
import type { View } from './view.ts';

/** Finds AnalysisTemplates and ClusterAnalysisTemplates that are valid. */
export const templateLookup =
  (view: View): TemplateLookup =>
  (kind, ref) => {
    const object = view.get({ apiVersion: 'serin.dev/v1alpha1', kind, ...ref });
    const parsed = object && parseAnalysisTemplate(object);
    return parsed?.ok ? parsed.spec : undefined;
  };

/** Finds Flagger's MetricTemplates for a Canary of namespace `from`: in another namespace those that allow it. */
export const metricTemplateLookup =
  (view: View, from: string): MetricTemplateLookup =>
  (key) => {
    const ref = { apiVersion: 'flagger.app/v1beta1', kind: 'MetricTemplate', ...key };
    const object = view.get(ref);
    if (object === undefined) {
      return key.namespace === from || view.sees(ref)
        ? { wrong: 'does not exist: create it, or name one that does', reason: 'InvalidSpec' }
        : {
            wrong: `is in a namespace that this controller does not watch: use one of namespace ${from}`,
            reason: 'AccessDenied',
          };
    }
    if (!allowsNamespace(object, from)) {
      const wrong = `does not allow namespace ${from}: ${grantCommand(object, from)}, or use one of namespace ${from}`;
      return { wrong, reason: 'AccessDenied' };
    }
    const parsed = parseMetricTemplate(object);
    if (parsed.ok) return { spec: parsed.spec };
    const words = parsed.problems.map(({ where, message }) => `${where}: ${message}`).join('; ');
    return { wrong: `is not valid: ${words}`, reason: 'InvalidSpec' };
  };
