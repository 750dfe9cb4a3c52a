import { assertNever } from '../../lib/assert-never.ts';
import { at, listAt, sameJson, stringAt } from '../../lib/json.ts';
import { type KubeObject, keyOf, refOf } from '../../lib/kube-object.ts';
import type { ClusterBackend, ClusterEvent } from '../backend.ts';
import { carriedOver, type StatusCondition } from '../workloads/conditions.ts';
import { KeyQueue } from '../workloads/key-queue.ts';
import { usesService } from './backend-ref.ts';
import { ObjectView } from './object-view.ts';
import {
  type Attachment,
  type AttachmentOptions,
  attachmentsOf,
  ownGateway,
  resolvedRefs,
  servesListener,
  type Verdict,
} from './route-attachment.ts';

export type GatewayStatusOptions = Pick<AttachmentOptions, 'controllerName' | 'mirrors'> & {
  readonly backend: ClusterBackend;
  /** Field manager of what is written. */
  readonly manager: string;
  /** From a change of a route to its status. */
  readonly statusMs: number;
  /** From a change of a Gateway to its status. */
  readonly programmedMs: number;
};

export type GatewayStatusWriter = { readonly onEvent: (event: ClusterEvent) => void; readonly stop: () => void };

const SUPPORTED_KINDS = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }];

/** Writes what the gateway says of GatewayClasses, Gateways and HTTPRoutes into their status. */
export const createGatewayStatus = (options: GatewayStatusOptions): GatewayStatusWriter => {
  const { backend, controllerName, mirrors, manager, statusMs, programmedMs } = options;
  const view = new ObjectView();
  const own: AttachmentOptions = { view, controllerName, mirrors };
  const by = { manager };

  const writeStatus = (object: KubeObject, status: Readonly<Record<string, unknown>>): void => {
    if (!sameJson(object['status'], status)) backend.writeStatus(refOf(object), status, by);
  };

  const conditions = (
    object: KubeObject,
    before: readonly unknown[],
    verdicts: Readonly<Record<string, Verdict>>,
  ): readonly StatusCondition[] =>
    Object.entries(verdicts).map(([type, { ok, reason, message }]) =>
      carriedOver(
        before,
        {
          type,
          status: ok ? 'True' : 'False',
          reason,
          message,
          observedGeneration: object.metadata.generation ?? 1,
        },
        backend.clock.now(),
      ),
    );

  const syncRoute = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const seen = view.get('HTTPRoute', { namespace, name });
    const route = seen && backend.read(refOf(seen));
    if (route === undefined) return;
    const before = listAt(route, 'status', 'parents');
    const mine = (parent: unknown): boolean => stringAt(parent, 'controllerName') === controllerName;
    const ResolvedRefs = resolvedRefs(route, view);
    const parents = attachmentsOf(route, own).map(({ parentRef, accepted }) => {
      const told = before.find((parent) => mine(parent) && sameJson(at(parent, 'parentRef'), parentRef));
      const verdicts = { Accepted: accepted, ResolvedRefs };
      return { parentRef, controllerName, conditions: conditions(route, listAt(told, 'conditions'), verdicts) };
    });
    if (parents.length === 0 && !before.some(mine)) return;
    writeStatus(route, { parents: [...before.filter((parent) => !mine(parent)), ...parents] });
  };

  const syncGateway = (key: string): void => {
    const [namespace = '', name = ''] = key.split('/');
    const seen = ownGateway({ namespace, name }, own);
    const gateway = seen && backend.read(refOf(seen));
    if (gateway === undefined) return;
    const attached = view
      .list('HTTPRoute')
      .flatMap((route): readonly Attachment[] => attachmentsOf(route, own))
      .filter(({ accepted, gateway: place }) => accepted.ok && keyOf(place) === key);
    const told = listAt(gateway, 'status', 'listeners');
    const listeners = listAt(gateway, 'spec', 'listeners').map((listener) => {
      const listenerName = stringAt(listener, 'name') ?? '';
      const before = told.find((one) => stringAt(one, 'name') === listenerName);
      const served = servesListener(listener);
      const accepted = served
        ? { ok: true, reason: 'Accepted', message: 'Listener is accepted' }
        : { ok: false, reason: 'UnsupportedProtocol', message: "The sandbox's gateway serves plain HTTP only" };
      return {
        name: listenerName,
        supportedKinds: SUPPORTED_KINDS,
        attachedRoutes: attached.filter((route) => route.listeners.includes(listenerName)).length,
        conditions: conditions(gateway, listAt(before, 'conditions'), {
          Accepted: accepted,
          Programmed: served
            ? { ok: true, reason: 'Programmed', message: 'Listener is programmed' }
            : { ok: false, reason: 'Invalid', message: 'Listener is not accepted' },
          ResolvedRefs: { ok: true, reason: 'ResolvedRefs', message: 'All references are resolved' },
        }),
      };
    });
    writeStatus(gateway, {
      addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
      conditions: conditions(gateway, listAt(gateway, 'status', 'conditions'), {
        Accepted: { ok: true, reason: 'Accepted', message: 'Gateway is accepted' },
        Programmed: { ok: true, reason: 'Programmed', message: 'Gateway is programmed' },
      }),
      listeners,
    });
  };

  const syncClass = (name: string): void => {
    const gatewayClass = view.get('GatewayClass', { name });
    if (gatewayClass === undefined || stringAt(gatewayClass, 'spec', 'controllerName') !== controllerName) return;
    const Accepted = { ok: true, reason: 'Accepted', message: 'GatewayClass is accepted' };
    const before = listAt(gatewayClass, 'status', 'conditions');
    writeStatus(gatewayClass, { conditions: conditions(gatewayClass, before, { Accepted }) });
  };

  const { clock } = backend;
  const routes = new KeyQueue({ clock, delayMs: statusMs, sync: syncRoute });
  const gateways = new KeyQueue({ clock, delayMs: programmedMs, sync: syncGateway });
  const classes = new KeyQueue({ clock, delayMs: statusMs, sync: syncClass });

  const addAll = (kind: 'HTTPRoute' | 'Gateway', queue: KeyQueue): void => {
    for (const object of view.list(kind)) queue.add(keyOf(object.metadata));
  };

  const onEvent = (event: ClusterEvent): void => {
    const kind = view.apply(event);
    switch (kind) {
      case undefined:
      case 'EndpointSlice':
      case 'Ingress':
      case 'IstioGateway':
      case 'IstioVirtualService':
      case 'DestinationRule':
      case 'Mesh':
      case 'VirtualNode':
      case 'VirtualRouter':
      case 'AppMeshVirtualService':
      case 'GlooVirtualService':
      case 'RouteTable':
      case 'Upstream':
        return;
      case 'HTTPRoute':
        routes.add(keyOf(event.object.metadata));
        for (const { gateway } of attachmentsOf(event.object, own)) gateways.add(keyOf(gateway));
        return;
      case 'Service':
        for (const route of view.list('HTTPRoute'))
          if (usesService(route, event.object)) routes.add(keyOf(route.metadata));
        return;
      case 'GatewayClass':
        classes.add(event.object.metadata.name);
        addAll('Gateway', gateways);
        addAll('HTTPRoute', routes);
        return;
      case 'Gateway':
      case 'Namespace':
      case 'ReferenceGrant':
        addAll('Gateway', gateways);
        addAll('HTTPRoute', routes);
        return;
      default:
        assertNever(kind);
    }
  };

  const stop = (): void => {
    for (const queue of [routes, gateways, classes]) queue.stop();
  };
  return { onEvent, stop };
};
