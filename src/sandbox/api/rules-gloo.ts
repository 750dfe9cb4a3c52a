import { recordAt } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { withField } from './kube-json.ts';

/** Gloo's CRDs give every object a status; its webhook, as it is installed, refuses nothing. */
const withStatus: KindRules = {
  admit: (object) => ({ object: withField(object, 'status', { statuses: {}, ...recordAt(object, 'status') }) }),
};

export const GLOO_RULES: Readonly<Record<string, KindRules>> = {
  'RouteTable.gateway.solo.io': withStatus,
  'Upstream.gloo.solo.io': withStatus,
  'VirtualService.gateway.solo.io': withStatus,
};
