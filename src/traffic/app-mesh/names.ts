import type { Side } from '../../api/names.ts';
import type { ObjectRef } from '../../lib/kube-object.ts';
import type { RouteRef } from '../router.ts';
import { sideService } from '../split.ts';

const API_VERSION = 'appmesh.k8s.aws/v1beta2';

const named = (
  kind: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ObjectRef => ({
  apiVersion: API_VERSION,
  kind,
  namespace,
  name,
});

/** The pods of one side, to the mesh. */
export const nodeRef = (ref: RouteRef, side: Side): ObjectRef =>
  named('VirtualNode', { namespace: ref.namespace, name: sideService(ref, side) });

/** What holds the weights. */
export const routerRef = ({ namespace, service }: RouteRef): ObjectRef =>
  named('VirtualRouter', { namespace, name: service });

/** What clients call: the mesh knows it as `<apex>.<namespace>`, the name that App Mesh's webhook gives it. */
export const serviceRef = ({ namespace, service }: RouteRef): ObjectRef =>
  named('VirtualService', { namespace, name: service });

export const meshRef = (name: string): ObjectRef => ({ apiVersion: API_VERSION, kind: 'Mesh', name });
