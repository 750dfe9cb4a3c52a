import { at, listAt, stringAt } from '../lib/json.ts';
import type { KubeObject } from '../lib/kube-object.ts';

type Place = { readonly gateway: string; readonly host: string; readonly listener: string };

const EVERY_HOST = '*';

/** What two Canaries cannot both have, though Gateway API takes both routes: the older gets every request of the other. */
const placesOf = (canary: unknown, namespace: string): readonly Place[] => {
  if (at(canary, 'spec', 'routeRef') !== undefined || at(canary, 'spec', 'ingressRef') !== undefined) return [];
  const provider = stringAt(canary, 'spec', 'provider') ?? 'gatewayapi';
  if (!provider.startsWith('gatewayapi')) return [];
  const named = listAt(canary, 'spec', 'service', 'hosts').filter((host) => typeof host === 'string');
  const hosts = named.length === 0 ? [EVERY_HOST] : named;
  return listAt(canary, 'spec', 'service', 'gatewayRefs').flatMap((ref) => {
    const gateway = `${stringAt(ref, 'namespace') ?? namespace}/${stringAt(ref, 'name')}`;
    const listener = JSON.stringify([at(ref, 'sectionName'), at(ref, 'port')]);
    return hosts.map((host) => ({ gateway, host, listener }));
  });
};

/** The Gateways with their hosts that a Canary's own HTTPRoute is for, as keys that those of a rival share. */
export const claimedPlaces = (canary: KubeObject): readonly string[] => {
  const namespace = canary.metadata.namespace ?? '';
  return placesOf(canary, namespace).map(({ gateway, host }) => `${namespace}/place/${gateway}/${host}`);
};

type Claiming = { readonly namespace: string; readonly spec: unknown };

const ANY_LISTENER = JSON.stringify([undefined, undefined]);

/** A host and Gateway that both Canaries' own routes ask for, in words; undefined when there is none. */
export const sharedPlace = (a: Claiming, b: Claiming): string | undefined => {
  const theirs = placesOf(b, b.namespace);
  const shared = placesOf(a, a.namespace).find((one) =>
    theirs.some(
      (other) =>
        other.gateway === one.gateway &&
        other.host === one.host &&
        (other.listener === one.listener || [one.listener, other.listener].includes(ANY_LISTENER)),
    ),
  );
  if (shared === undefined) return undefined;
  return shared.host === EVERY_HOST
    ? `Every host of Gateway ${shared.gateway}`
    : `Host ${shared.host} of Gateway ${shared.gateway}`;
};
