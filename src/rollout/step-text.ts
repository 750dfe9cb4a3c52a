import type { CanarySpec } from '../api/canary.ts';
import { type PlannedStep, planOf } from './plan.ts';

const windowsText = (windows: number): string => (windows === 1 ? '' : ` for ${windows} windows`);

/** What the canary gets at a step, in words: `25 %`, `a copy of 100 % of the requests for 10 windows`. */
export const stepText = ({ weight, mirror, matched, windows }: Omit<PlannedStep, 'index'>): string => {
  if (matched === true) return `the requests that match${windowsText(windows)}`;
  if (mirror !== undefined) return `a copy of ${mirror} % of the requests${windowsText(windows)}`;
  return weight === 0 ? `no traffic${windowsText(windows)}` : `${weight} %${windowsText(windows)}`;
};

/** The whole plan in words: `5, 10, 25, 50 %`. */
export const planText = (spec: CanarySpec): string => {
  const plan = planOf(spec);
  const [first] = plan;
  if (plan.every((step) => step.weight > 0)) return `${plan.map(({ weight }) => weight).join(', ')} % of the traffic`;
  const rest = plan.slice(1).map(({ weight }) => weight);
  const start = first === undefined ? '' : stepText(first);
  return rest.length === 0 ? start : `${start}, then ${rest.join(', ')} %`;
};
