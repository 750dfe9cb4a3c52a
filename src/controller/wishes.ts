import type { CanarySpec } from '../api/canary.ts';
import type { Provider } from '../api/provider.ts';
import type { Wish } from './watched-kinds.ts';

/** What this Canary wants to be watched, beside what all need: its data plane's kinds, and those that it names. */
export const wishesOf = ({ analysis }: CanarySpec, plane: Provider): readonly Wish[] => [
  plane,
  ...(analysis.alerts.some(({ providerRef }) => providerRef.kind === 'AlertProvider')
    ? (['AlertProvider'] as const)
    : []),
];
