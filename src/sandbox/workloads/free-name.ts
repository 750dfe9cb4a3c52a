import type { Random } from '../../lib/random.ts';
import type { ClusterBackend } from '../backend.ts';

/** Letters and digits that form no words, as the API server uses them for generated names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Five random characters after `prefix-` that no pod of the namespace has yet. */
export const freeSuffix = (
  prefix: string,
  {
    namespace,
    backend,
    random,
  }: { readonly namespace: string; readonly backend: Pick<ClusterBackend, 'read'>; readonly random: Random },
): string => {
  for (;;) {
    const suffix = Array.from({ length: 5 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
    const taken = backend.read({ apiVersion: 'v1', kind: 'Pod', namespace, name: `${prefix}-${suffix}` });
    if (taken === undefined) return suffix;
  }
};
