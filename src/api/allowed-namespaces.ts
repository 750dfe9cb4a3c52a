import type { KubeObject } from '../lib/kube-object.ts';
import { ALLOWED_NAMESPACES_ANNOTATION } from './names.ts';

/**
 * Whether a Canary of `namespace` may use an object of Flagger's: one of its own namespace always, another when that says
 * so. Flagger lets everybody use everything, and its kinds have no field to say otherwise.
 */
export const allowsNamespace = ({ metadata }: KubeObject, namespace: string): boolean => {
  if (metadata.namespace === namespace) return true;
  const allowed = (metadata.annotations?.[ALLOWED_NAMESPACES_ANNOTATION] ?? '').split(',').map((name) => name.trim());
  return allowed.includes('*') || allowed.includes(namespace);
};

/** What its owner has to do so that `namespace` may use `object`. */
export const grantCommand = ({ kind, metadata }: KubeObject, namespace: string): string =>
  `kubectl annotate ${kind.toLowerCase()} ${metadata.name} -n ${metadata.namespace} ${ALLOWED_NAMESPACES_ANNOTATION}=${namespace}`;
