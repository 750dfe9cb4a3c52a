import { at, listAt, stringAt } from '../../../lib/json.ts';
import { type KubeObject, keyOf, type ObjectRef } from '../../../lib/kube-object.ts';
import { GATEWAY_KINDS, type ObjectView } from '../object-view.ts';

export type MeshKind = 'Mesh' | 'VirtualNode' | 'VirtualRouter' | 'AppMeshVirtualService';

const PROTOCOLS = ['httpRoute', 'http2Route', 'grpcRoute', 'tcpRoute'];

const refTo = (kind: MeshKind, ref: unknown, from: KubeObject): readonly ObjectRef[] => {
  const name = stringAt(ref, 'name');
  if (name === undefined) return [];
  const namespace = stringAt(ref, 'namespace') ?? from.metadata.namespace ?? '';
  return [{ ...GATEWAY_KINDS[kind], namespace, name }];
};

/** What an object refers to within the mesh, beside the mesh itself. */
const membersOf = (object: KubeObject): readonly ObjectRef[] => {
  if (object.kind === 'VirtualRouter') {
    return listAt(object, 'spec', 'routes')
      .flatMap((route) => PROTOCOLS.flatMap((protocol) => listAt(route, protocol, 'action', 'weightedTargets')))
      .flatMap((target) => refTo('VirtualNode', at(target, 'virtualNodeRef'), object));
  }
  if (object.kind !== 'VirtualService') return [];
  const provider = at(object, 'spec', 'provider');
  return [
    ...refTo('VirtualNode', at(provider, 'virtualNode', 'virtualNodeRef'), object),
    ...refTo('VirtualRouter', at(provider, 'virtualRouter', 'virtualRouterRef'), object),
  ];
};

/** Objects that must be active before this one is brought to AWS. */
export const dependenciesOf = (object: KubeObject): readonly ObjectRef[] => {
  const mesh = stringAt(object, 'spec', 'meshRef', 'name');
  return [...(mesh === undefined ? [] : [{ ...GATEWAY_KINDS.Mesh, name: mesh }]), ...membersOf(object)];
};

/** True while something leads to the object: AWS does not delete it then. */
export const isUsed = (object: KubeObject, view: ObjectView): boolean =>
  [...view.list('VirtualRouter'), ...view.list('AppMeshVirtualService')]
    .flatMap(membersOf)
    .some((ref) => ref.kind === object.kind && keyOf(ref) === keyOf(object.metadata));
