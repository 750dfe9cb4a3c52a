import { hashOf } from '../../lib/hash.ts';
import { at, listAt, numberAt, sameJson, stringAt, stringsAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import type { EventController } from './event-controller.ts';
import { KeyQueue } from './key-queue.ts';
import { hasLabels } from './label-selector.ts';
import type { ObjectIndex } from './object-index.ts';
import { controlledBy, MANAGER } from './ownership.ts';
import { hasEnded, isReady } from './pod-status.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

export type EndpointSliceControllerOptions = {
  readonly backend: ClusterBackend;
  readonly index: ObjectIndex;
  /** From a change to the controller's reaction. */
  readonly delayMs: number;
};

type EndpointPort = { readonly name: string; readonly port: number; readonly protocol: string };

/** The number behind a Service port on this pod; undefined when it has no port of that name. */
const targetOf = (servicePort: unknown, pod: KubeObject): number | undefined => {
  const name = stringAt(servicePort, 'targetPort');
  if (name === undefined) return numberAt(servicePort, 'targetPort') ?? numberAt(servicePort, 'port');
  for (const container of listAt(pod, 'spec', 'containers')) {
    const port = listAt(container, 'ports').find((candidate) => stringAt(candidate, 'name') === name);
    if (port !== undefined) return numberAt(port, 'containerPort');
  }
  return undefined;
};

const portsOf = (service: KubeObject, pod: KubeObject): readonly EndpointPort[] => {
  const ports: EndpointPort[] = [];
  for (const servicePort of listAt(service, 'spec', 'ports')) {
    const port = targetOf(servicePort, pod);
    const protocol = stringAt(servicePort, 'protocol') ?? 'TCP';
    if (port !== undefined) ports.push({ name: stringAt(servicePort, 'name') ?? '', port, protocol });
  }
  return ports;
};

const endpointOf = (pod: KubeObject, always: boolean): Readonly<Record<string, unknown>> => {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const { namespace, name, uid } = pod.metadata;
  const nodeName = stringAt(pod, 'spec', 'nodeName');
  return {
    addresses: [stringAt(pod, 'status', 'podIP') ?? ''],
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
};

/** What of a pod can change an endpoint. */
const traits = (pod: KubeObject): string =>
  JSON.stringify([
    pod.metadata.labels,
    pod.metadata.deletionTimestamp !== undefined,
    stringAt(pod, 'status', 'podIP'),
    stringAt(pod, 'status', 'phase'),
    isReady(pod),
  ]);

/**
 * EndpointSlices of Services with a selector: one per set of resolved ports, all of a Service's pods that have an
 * address and have not ended. A Service without such pods gets one empty slice, as in Kubernetes.
 */
export const createEndpointSliceController = (options: EndpointSliceControllerOptions): EventController => {
  const { backend, index, delayMs } = options;
  const known = new Map<string, { readonly traits: string; readonly labels: Readonly<Record<string, string>> }>();

  const sliceOf = (
    service: KubeObject,
    { ports, pods }: { ports: readonly EndpointPort[]; pods: readonly KubeObject[] },
  ): KubeObject => {
    const always = at(service, 'spec', 'publishNotReadyAddresses') === true;
    const { namespace = '', name, labels } = service.metadata;
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${hashOf([service.metadata.uid, ports]).slice(0, 5)}`,
        namespace,
        labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY]: 'endpointslice-controller.k8s.io' },
        ownerReferences: [controlledBy(service)],
      },
      addressType: 'IPv4',
      ports,
      endpoints: pods.map((pod) => endpointOf(pod, always)),
    };
  };

  const slicesOf = (service: KubeObject): readonly KubeObject[] => {
    const { namespace = '' } = service.metadata;
    const pods = index
      .labelled('Pod', { namespace, labels: stringsAt(service, 'spec', 'selector') })
      .filter((pod) => stringAt(pod, 'status', 'podIP') !== undefined)
      .filter((pod) => !hasEnded(pod));
    const groups = Map.groupBy(pods, (pod) => JSON.stringify(portsOf(service, pod)));
    if (groups.size === 0) return [sliceOf(service, { ports: [], pods: [] })];
    return [...groups.values()].map((group) =>
      sliceOf(service, { ports: group[0] === undefined ? [] : portsOf(service, group[0]), pods: group }),
    );
  };

  const sync = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const service = backend.read({ apiVersion: 'v1', kind: 'Service', namespace, name });
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const stale = new Map(
      index.owned('EndpointSlice', service.metadata.uid ?? '').map((slice) => [slice.metadata.name, slice]),
    );
    if (Object.keys(stringsAt(service, 'spec', 'selector')).length > 0) {
      for (const slice of slicesOf(service)) {
        const before = stale.get(slice.metadata.name);
        stale.delete(slice.metadata.name);
        if (before !== undefined && sameContent(before, slice)) continue;
        backend.write(
          before === undefined ? slice : { ...before, ...slice, metadata: { ...before.metadata, ...slice.metadata } },
          { manager: MANAGER },
        );
      }
    }
    for (const slice of stale.values()) backend.remove(refOf(slice));
  };

  const queue = new KeyQueue({ clock: backend.clock, delayMs, sync });

  const servicesOf = (namespace: string, labels: Readonly<Record<string, string>>): void => {
    for (const service of index.list('Service', namespace)) {
      if (hasLabels(labels, stringsAt(service, 'spec', 'selector'))) queue.add(keyOf(service.metadata));
    }
  };

  const onPod = ({ type, object }: ClusterEvent): void => {
    const { uid = '', namespace = '', labels = {} } = object.metadata;
    const before = known.get(uid);
    const now = { traits: type === 'DELETED' ? '' : traits(object), labels };
    if (before?.traits === now.traits) return;
    if (type === 'DELETED') known.delete(uid);
    else known.set(uid, now);
    servicesOf(namespace, labels);
    if (before !== undefined && !sameJson(before.labels, labels)) servicesOf(namespace, before.labels);
  };

  return {
    onEvent: (event) => {
      if (event.object.kind === 'Pod') onPod(event);
      if (event.object.kind === 'Service') queue.add(keyOf(event.object.metadata));
    },
    stop: () => queue.stop(),
  };
};

const sameContent = (a: KubeObject, b: KubeObject): boolean =>
  sameJson([a['ports'], a['endpoints'], a.metadata.labels], [b['ports'], b['endpoints'], b.metadata.labels]);
