import type { CallHook } from '../../hooks/call-hook.ts';
import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/kube-error.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { EffectResult, HookEffect } from '../../rollout/effect.ts';
import { readSecret } from '../secrets.ts';

type Key = { readonly hmac: string } | { readonly missing: string };

/** The key of the signature, read now. Rejects with KubeError where it cannot be told whether there is one. */
const keyOf = async (ref: { readonly namespace: string; readonly name: string }, client: KubeClient): Promise<Key> => {
  try {
    const { hmac } = await readSecret(client, ref);
    return hmac === undefined ? { missing: `Secret ${ref.namespace}/${ref.name} has no key hmac` } : { hmac };
  } catch (error) {
    if (error instanceof KubeError) throw error;
    return { missing: messageOf(error) };
  }
};

/** Calls one hook; an unsigned call is never made where a signature is asked for. */
export const executeHook = async (
  { id, hook, payload }: HookEffect,
  deps: { readonly client: KubeClient; readonly call: CallHook; readonly signal: AbortSignal },
): Promise<EffectResult> => {
  const { url, timeoutMs, retries, disableTLS, secretRef } = hook;
  const key = secretRef && (await keyOf(secretRef, deps.client));
  if (key !== undefined && 'missing' in key) return { kind: 'hook', passed: false, detail: key.missing };
  const body = JSON.stringify(payload);
  const answer = await deps.call({ id, url, body, timeoutMs, retries, disableTLS, ...key }, deps.signal);
  return { kind: 'hook', ...answer };
};
