import type { Message } from '#src/rollout/effect.ts';

export const aMessage = (change: Partial<Message> = {}): Message => ({
  id: 'op-1',
  topic: 'outcome',
  severity: 'error',
  cluster: 'eu-1',
  canary: { namespace: 'shop', name: 'podinfo' },
  target: 'Deployment/podinfo.shop',
  title: 'podinfo rolled back to 6.7.0',
  text: 'request-success-rate 48.2 % is below 99 %.',
  fields: [{ title: 'Weight', value: '20 %' }],
  at: Date.UTC(2026, 0, 1),
  ...change,
});
