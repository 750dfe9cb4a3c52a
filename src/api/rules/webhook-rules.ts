import { durationMs } from '../duration.ts';
import type { Webhook } from '../webhook.ts';
import { celList, type Rule, rulesAt } from './rule.ts';

/** Hooks that hold a run up until they say yes. */
const GATES = ['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion'] as const;
const isGate = ({ type }: Webhook): boolean => GATES.some((gate) => gate === type);
const IS_GATE = `(has(self.type) && self.type in ${celList(GATES)})`;

/** What only a call could need. */
const OF_CALLS = ['timeout', 'retries', 'disableTLS', 'metadata', 'secretRef'] as const;

const SECOND = 1000;
const DAY = 24 * 3_600 * SECOND;

/** Rules of each of `spec.analysis.webhooks`. */
export const webhookRules: readonly Rule[] = rulesAt<Webhook>('spec.analysis.webhooks[]', [
  {
    field: 'url',
    fault: 'required',
    sentence: `Hook {name} has no url: want the address that is called. Only a gate can do without, to be opened by a person: ${GATES.join(', ')}`,
    cel: `has(self.url) || ${IS_GATE}`,
    holds: (hook) => hook.url !== undefined || isGate(hook),
  },
  {
    field: 'url',
    sentence:
      'The url of hook {name} carries a credential: want it without "user:password@", and secretRef to sign calls',
    cel: '!has(self.url) || !self.url.matches("^https?://[^/?#]*@")',
    holds: ({ url = '' }) => !/^https?:\/\/[^/?#]*@/.test(url),
  },
  {
    sentence: `Hook {name} has no url, so nothing is called: remove ${OF_CALLS.join(', ')}`,
    cel: `has(self.url) || !(${OF_CALLS.map((field) => `has(self.${field})`).join(' || ')})`,
    holds: (hook) => hook.url !== undefined || OF_CALLS.every((field) => hook[field] === undefined),
  },
  {
    field: 'timeout',
    sentence: 'timeout {timeout} of hook {name} is out of range: want 1s to 24h',
    cel: '!has(self.timeout) || (duration(self.timeout) >= duration("1s") && duration(self.timeout) <= duration("24h"))',
    holds: ({ timeout = '10s' }) => durationMs(timeout) >= SECOND && durationMs(timeout) <= DAY,
  },
  {
    field: 'deadline',
    sentence: `Hook {name} is no gate, so nothing waits until its deadline: remove it, or want a type among ${GATES.join(', ')}`,
    cel: `!has(self.deadline) || ${IS_GATE}`,
    holds: (hook) => hook.deadline === undefined || isGate(hook),
  },
  {
    field: 'deadline',
    sentence: 'deadline {deadline} of gate {name} is too short: want 1s or more',
    cel: '!has(self.deadline) || duration(self.deadline) >= duration("1s")',
    holds: ({ deadline = '24h' }) => durationMs(deadline) >= SECOND,
  },
]);
