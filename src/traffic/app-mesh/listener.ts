import { at, listAt, numberAt, stringAt } from '../../lib/json.ts';
import type { Objects, RouteRef } from '../router.ts';
import { sideService } from '../split.ts';
import { nodeRef } from './names.ts';

export type Protocol = 'http' | 'http2' | 'grpc' | 'tcp';

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  http: 'http',
  'kubernetes.io/ws': 'http',
  http2: 'http2',
  h2c: 'http2',
  'kubernetes.io/h2c': 'http2',
  grpc: 'grpc',
  tcp: 'tcp',
};

/** What App Mesh must know of the pods' port. */
export type Listener = { readonly port: number; readonly protocol: Protocol };

/** Ports of a side's Service, else of the apex, which is there before Serin comes. */
const servicePorts = (objects: Objects, ref: RouteRef): readonly unknown[] => {
  const portsOf = (name: string): readonly unknown[] =>
    listAt(objects.get({ apiVersion: 'v1', kind: 'Service', namespace: ref.namespace, name }), 'spec', 'ports');
  const ofSide = portsOf(sideService(ref, 'primary'));
  return ofSide.length > 0 ? ofSide : portsOf(ref.service);
};

const servicePort = (objects: Objects, ref: RouteRef): unknown =>
  servicePorts(objects, ref).find((entry) => numberAt(entry, 'port') === ref.port);

/** The protocol that a word of `service.appProtocol` means; undefined when App Mesh has none for it. */
export const protocolNamed = (word: string): Protocol | undefined => PROTOCOLS[word.toLowerCase()];

/**
 * Where the pods listen: their proxies know a VirtualNode by that port. While the Services are not there it is what the
 * VirtualNode says, else the Services' own port. A port whose name begins with grpc speaks that, as for Flagger, where
 * appProtocol does not say.
 */
export const listenerOf = (objects: Objects, ref: RouteRef): Listener => {
  const port = servicePort(objects, ref);
  const standing = listAt(objects.get(nodeRef(ref, 'primary')), 'spec', 'listeners')[0];
  const name = stringAt(port, 'name')?.startsWith('grpc') ? 'grpc' : undefined;
  const before = port === undefined ? stringAt(standing, 'portMapping', 'protocol') : undefined;
  return {
    port: numberAt(port, 'targetPort') ?? numberAt(standing, 'portMapping', 'port') ?? ref.port,
    protocol: protocolNamed(ref.options.appProtocol ?? name ?? before ?? 'http') ?? 'http',
  };
};

/**
 * What is wrong with the Services' port; undefined when nothing is, or they are not there. Clients' proxies call the
 * Service's address at the port of its pods (aws-app-mesh-controller-for-k8s#228), so that it must have that one too.
 */
export const portProblem = (objects: Objects, ref: RouteRef): string | undefined => {
  const target = at(servicePort(objects, ref), 'targetPort');
  if (target === undefined) return undefined;
  if (typeof target !== 'number')
    return `App Mesh needs the number of the pods' port, and has its name ${target}; want the number`;
  const isSame = (entry: unknown): boolean => at(entry, 'port') === target && at(entry, 'targetPort') === target;
  if (servicePorts(objects, ref).some(isSame)) return undefined;
  return `App Mesh calls Services at the port of their pods, ${target}, and they have ${ref.port} only; want service.port: ${target}, or a port ${target} in Service ${ref.service} as well`;
};
