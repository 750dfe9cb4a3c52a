import { sameJson } from '../../lib/json.ts';
import { type Rule, rulesAt } from './rule.ts';

/** `spec` of `kind` may not change once it is written. */
export const writeOnceRule = (kind: string): readonly Rule[] =>
  rulesAt<unknown>('spec', [
    {
      fault: 'forbidden',
      transition: true,
      sentence: `A ${kind} is written once: create a new one instead of changing it`,
      cel: 'self == oldSelf',
      holds: (self, old) => sameJson(self, old),
    },
  ]);
