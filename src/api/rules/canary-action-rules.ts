import type { CanaryActionSpec } from '../canary-action.ts';
import { type Rule, rulesAt } from './rule.ts';
import { writeOnceRule } from './write-once-rule.ts';

/** Rules of CanaryAction. */
export const canaryActionRules: readonly Rule[] = [
  ...writeOnceRule('CanaryAction'),
  ...rulesAt<CanaryActionSpec>('spec', [
    {
      field: 'verb',
      fault: 'forbidden',
      sentence: 'verb {verb} is not supported yet: revert the change in Git to withdraw a run',
      cel: 'false',
      holds: () => false,
    },
  ]),
];
