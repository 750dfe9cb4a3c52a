import { SPECS } from '../example.ts';

type WrongSpec = { readonly kind: string; readonly spec: unknown; readonly told: readonly string[] };
type Fields = Readonly<Record<string, unknown>>;

const canary = SPECS['Canary'] ?? {};
const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];

const withHook = (hook: Fields, ...told: readonly string[]): WrongSpec => ({
  kind: 'Canary',
  spec: {
    ...canary,
    analysis: { interval: '30s', stepWeights: [5, 50], metrics, webhooks: [{ name: 'load', ...hook }] },
  },
  told: told.map((text) => `spec.analysis.webhooks[0]${text}`),
});

const url = 'http://loadtester.test/';
const NO_CALL =
  ': Hook load has no url, so nothing is called: remove timeout, retries, disableTLS, metadata, secretRef';
const NO_URL =
  '.url: Hook load has no url: want the address that is called. Only a gate can do without, to be opened by a person: confirm-rollout, confirm-traffic-increase, confirm-promotion';

/** Hooks and gates that cannot work. */
export const WRONG_WEBHOOKS: readonly WrongSpec[] = [
  withHook({}, NO_URL),
  withHook({ type: 'event' }, NO_URL),
  withHook({ type: 'rollback', metadata: { type: 'cmd' } }, NO_URL, NO_CALL),
  withHook({ type: 'confirm-rollout', timeout: '5s' }, NO_CALL),
  withHook({ type: 'confirm-promotion', secretRef: { name: 'hooks' } }, NO_CALL),
  withHook(
    { url: 'https://admin:secret@gate.test/check' },
    '.url: The url of hook load carries a credential: want it without "user:password@", and secretRef to sign calls',
  ),
  withHook({ url, timeout: '500ms' }, '.timeout: timeout 500ms of hook load is out of range: want 1s to 24h'),
  withHook({ url, timeout: '25h' }, '.timeout: timeout 25h of hook load is out of range: want 1s to 24h'),
  withHook(
    { url, type: 'pre-rollout', deadline: '1h' },
    '.deadline: Hook load is no gate, so nothing waits until its deadline: remove it, or want a type among confirm-rollout, confirm-traffic-increase, confirm-promotion',
  ),
  withHook(
    { type: 'confirm-rollout', deadline: '0s' },
    '.deadline: deadline 0s of gate load is too short: want 1s or more',
  ),
];
