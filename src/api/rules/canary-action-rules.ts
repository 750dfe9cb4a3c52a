import type { CanaryActionSpec } from '../canary-action.ts';
import type { Verb } from '../words.ts';
import { celList, type Rule, rulesAt } from './rule.ts';
import { writeOnceRule } from './write-once-rule.ts';

const OF_A_GATE: readonly Verb[] = ['approve', 'reject'];
const OF_A_REVISION: readonly Verb[] = ['retry', 'unquarantine'];

/** Rules of CanaryAction: each verb is bound to what it was meant for. */
export const canaryActionRules: readonly Rule[] = [
  ...writeOnceRule('CanaryAction'),
  ...rulesAt<CanaryActionSpec>('spec', [
    {
      field: 'run',
      fault: 'required',
      sentence: 'verb {verb} is for one run: name it as status.run.id of the Canary does',
      cel: `self.verb in ${celList(OF_A_REVISION)} || has(self.run)`,
      holds: ({ verb, run }) => OF_A_REVISION.includes(verb) || run !== undefined,
    },
    {
      field: 'revision',
      fault: 'required',
      sentence: 'verb {verb} is for one revision: name it as status.desired.revision of the Canary does',
      cel: `!(self.verb in ${celList(OF_A_REVISION)}) || has(self.revision)`,
      holds: ({ verb, revision }) => !OF_A_REVISION.includes(verb) || revision !== undefined,
    },
    {
      field: 'gate',
      fault: 'required',
      sentence: 'verb {verb} is for one gate: name it as status.run.gates of the Canary does',
      cel: `!(self.verb in ${celList(OF_A_GATE)}) || has(self.gate)`,
      holds: ({ verb, gate }) => !OF_A_GATE.includes(verb) || gate !== undefined,
    },
    {
      field: 'gate',
      fault: 'forbidden',
      sentence: 'gate has no effect with verb {verb}: remove it',
      cel: `self.verb in ${celList(OF_A_GATE)} || !has(self.gate)`,
      holds: ({ verb, gate }) => OF_A_GATE.includes(verb) || gate === undefined,
    },
  ]),
];
