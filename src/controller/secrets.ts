import type { KubeClient } from '../kube/client.ts';
import { recordAt } from '../lib/json.ts';

/** The decoded content of a Secret. */
export type SecretContent = Readonly<Record<string, string>>;

/**
 * Reads one Secret at use; nothing of it is kept. Throws when it does not exist: what names it can't be done without,
 * and will be tried again.
 */
export const readSecret = async (
  client: KubeClient,
  ref: { readonly namespace: string; readonly name: string },
): Promise<SecretContent> => {
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', ...ref });
  if (secret === undefined) throw new Error(`Cannot read Secret ${ref.namespace}/${ref.name}: it does not exist`);
  const content: Record<string, string> = {};
  for (const [key, value] of Object.entries(recordAt(secret, 'data'))) {
    if (typeof value === 'string') content[key] = Buffer.from(value, 'base64').toString('utf8');
  }
  return content;
};
