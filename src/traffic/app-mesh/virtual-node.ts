import type { Side } from '../../api/names.ts';
import type { JsonRecord } from '../../lib/json.ts';
import { recordAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { madeMetadata } from '../made-object.ts';
import type { Objects, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { meshDuration } from './duration.ts';
import { listenerOf } from './listener.ts';
import { nodeRef } from './names.ts';

/** Fields of a VirtualNode's spec that are Serin's; people may set others, such as its logging. */
export const NODE_FIELDS = ['listeners', 'serviceDiscovery', 'podSelector', 'backends'] as const;

/** A VirtualService that the pods call: `name` of their namespace, `namespace/name`, or the ARN of another account's. */
const backend = (written: string): JsonRecord => {
  if (written.startsWith('arn:')) return { virtualService: { virtualServiceARN: written } };
  const [name, namespace] = written.split('/').toReversed();
  return { virtualService: { virtualServiceRef: { name, ...(namespace === undefined ? {} : { namespace }) } } };
};

/** The pods that the side's Service selects; while it is not there, those that the VirtualNode has. */
const podSelector = ({ get }: Objects, ref: RouteRef, side: Side): JsonRecord => {
  const { namespace } = ref;
  const service = get({ apiVersion: 'v1', kind: 'Service', namespace, name: sideService(ref, side) });
  const matchLabels = recordAt(service, 'spec', 'selector');
  return Object.keys(matchLabels).length > 0
    ? { matchLabels }
    : recordAt(get(nodeRef(ref, side)), 'spec', 'podSelector');
};

/**
 * The VirtualNode of one side, to be applied. Its awsName and meshRef, which nobody may change, are App Mesh's to set.
 */
export const virtualNode = (side: Side, { objects, ref }: { objects: Objects; ref: RouteRef }): KubeObject => {
  const { apiVersion, kind, name } = nodeRef(ref, side);
  const { port, protocol } = listenerOf(objects, ref);
  const { timeout, backends = [] } = ref.options;
  const selector = podSelector(objects, ref, side);
  const timed = timeout === undefined || protocol === 'tcp' ? undefined : { perRequest: meshDuration(timeout) };
  return {
    apiVersion,
    kind,
    metadata: madeMetadata(ref, name),
    spec: {
      ...(Object.keys(selector).length === 0 ? {} : { podSelector: selector }),
      listeners: [
        { portMapping: { port, protocol }, ...(timed === undefined ? {} : { timeout: { [protocol]: timed } }) },
      ],
      // The last dot keeps the search domains of the pod out of it.
      serviceDiscovery: { dns: { hostname: `${name}.${ref.namespace}.svc.cluster.local.` } },
      ...(backends.length === 0 ? {} : { backends: backends.map(backend) }),
    },
  };
};
