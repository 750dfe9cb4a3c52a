import { stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { ConfigLookup } from '../../workload/config-tracking.ts';
import { trackedConfigs } from '../../workload/config-tracking.ts';
import { kindOf } from '../../workload/kinds/kind-of.ts';
import { templateOf } from '../../workload/pod-template.ts';
import type { FlaggerDeps } from './flagger-deps.ts';

/** Digits of a hash that a status shows. */
const DIGITS = 16;

/** The configs whose change makes a new version of the target, with their content; undefined while one is not known. */
export const trackedConfigsOf = (
  shadow: KubeObject,
  { caches, configStates }: Pick<FlaggerDeps, 'caches' | 'configStates'>,
): Readonly<Record<string, string>> | undefined => {
  const { namespace = '' } = shadow.metadata;
  const name = stringAt(shadow, 'spec', 'targetRef', 'name') ?? '';
  const { apiVersion, kind } = kindOf({ kind: stringAt(shadow, 'spec', 'targetRef', 'kind') ?? 'Deployment' });
  const target = caches.get({ apiVersion, kind, namespace, name });
  if (target === undefined) return undefined;
  const lookup: ConfigLookup = (ref) => {
    const metadata = caches.get({ apiVersion: 'v1', kind: ref.kind, namespace, name: ref.name });
    return metadata === undefined ? 'missing' : configStates.of(metadata);
  };
  const tracked = trackedConfigs(templateOf(target), lookup);
  if ('waiting' in tracked) return undefined;
  return Object.fromEntries(
    tracked.configs.map(({ kind, name: config, hash }) => [`${kind.toLowerCase()}/${config}`, hash.slice(0, DIGITS)]),
  );
};
