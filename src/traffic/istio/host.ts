import type { RouteRef } from '../router.ts';

/** What follows the namespace in the names of Services; clusters with another domain write it out. */
const DOMAIN = 'svc.cluster.local';

/** The full name of a host that an object of `namespace` names, by Istio's rule: what has no dot is a Service there. */
export const fullHost = (host: string, namespace: string): string =>
  host.includes('.') || host === '*' ? host : `${host}.${namespace}.${DOMAIN}`;

/**
 * What follows the name of a Service in a host that means it: nothing, `.shop`, `.shop.svc` or `.shop.svc.<domain>`;
 * undefined when the host means something else.
 */
export const suffixOf = (
  host: string,
  { service, namespace }: Pick<RouteRef, 'service' | 'namespace'>,
): string | undefined => {
  if (host === service) return '';
  if (!host.startsWith(`${service}.${namespace}`)) return undefined;
  const suffix = host.slice(service.length);
  const rest = suffix.slice(namespace.length + 1);
  return rest === '' || rest === '.svc' || rest === `.${DOMAIN}` ? suffix : undefined;
};

/** True when both hosts, as objects of `namespace` name them, are the same Service or the same name. */
export const isSameHost = (a: string, b: string, namespace: string): boolean => {
  const long = (host: string): string => {
    const [service = '', in_, svc, ...domain] = host.split('.');
    const isShort = in_ === namespace && (svc === undefined || (svc === 'svc' && domain.length === 0));
    return fullHost(isShort ? service : host, namespace).toLowerCase();
  };
  return long(a) === long(b);
};
