import type { CanaryStatus, HistoryStatus, RunStatus } from '../../api/canary-status.ts';
import type { Webhook } from '../../api/webhook.ts';
import type { Phase } from '../../api/words.ts';
import { hashOf } from '../../lib/hash.ts';
import type { HookEffect, HookPayload } from '../effect.ts';
import type { Observed } from '../observed.ts';
import { timeoutMs, typeOf } from './hooks-of.ts';

/** The same for the same version, as Flagger's: a receiver may tell releases apart by it. */
const checksumOf = ({ revision, hash }: Pick<RunStatus, 'revision' | 'hash'>): string =>
  hashOf({ revision, hash }).slice(0, 10);

/** What is told of the version and where its run is. */
const ofRun = (run: RunStatus | HistoryStatus): Partial<HookPayload> => ({
  checksum: checksumOf(run),
  runId: run.id,
  revision: run.revision,
  images: run.images,
  ...('step' in run ? { weight: run.weight.set, step: run.step } : { weight: 0 }),
  ...(run.outcome === undefined ? {} : { outcome: run.outcome }),
});

const ofStable = ({ stable }: CanaryStatus): Partial<HookPayload> =>
  stable === undefined
    ? {}
    : { checksum: checksumOf(stable), revision: stable.revision, images: stable.images, weight: 0 };

/** What a hook is told: of `run`, or, without one, of what serves. */
export const payloadOf = (
  { canary, status }: Observed,
  { metadata = {} }: Pick<Webhook, 'metadata'>,
  about: { readonly phase: Phase; readonly run?: RunStatus | HistoryStatus | undefined },
): HookPayload => ({
  name: canary.name,
  namespace: canary.namespace,
  phase: about.phase,
  checksum: '',
  metadata,
  ...(about.run === undefined ? ofStable(status) : ofRun(about.run)),
});

/** The call of `hook` under `key`; undefined where it has no address. */
export const hookEffect = (
  { cluster, canary }: Observed,
  hook: Webhook,
  { key, payload }: { readonly key: string; readonly payload: HookPayload },
): HookEffect | undefined => {
  const { name, url, retries = 0, disableTLS = false, secretRef } = hook;
  if (url === undefined) return undefined;
  const secret = secretRef && { namespace: canary.namespace, name: secretRef.name };
  return {
    kind: 'hook',
    key,
    id: hashOf({ cluster, canary: canary.uid, key }),
    hook: {
      name,
      type: typeOf(hook),
      url,
      timeoutMs: timeoutMs(hook),
      retries,
      disableTLS,
      ...(secret === undefined ? {} : { secretRef: secret }),
    },
    payload,
  };
};
