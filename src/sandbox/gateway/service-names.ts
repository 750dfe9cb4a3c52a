import type { Place } from './object-view.ts';

const DOMAIN = ['svc', 'cluster', 'local'];

/**
 * The Service that a name of the cluster's DNS means, whether it exists or not: `web.shop`, `web.shop.svc`,
 * `web.shop.svc.cluster.local`, and `web` where a namespace to look in is given. Undefined for any other name.
 */
export const serviceNamed = (host: string, namespace?: string): Required<Place> | undefined => {
  const [name = '', within = namespace, ...rest] = host.split('.');
  if (name === '' || within === undefined || within === '') return undefined;
  return rest.length === 0 || (rest.every((label, index) => label === DOMAIN[index]) && [1, 3].includes(rest.length))
    ? { namespace: within, name }
    : undefined;
};
