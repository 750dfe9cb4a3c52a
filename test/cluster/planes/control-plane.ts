import type { Resource } from '#src/lib/kube-object.ts';
import type { ClusterEvent } from '#src/sandbox/backend.ts';
import { ObjectView } from '#src/sandbox/gateway/object-view.ts';
import { ServiceEndpoints } from '#src/sandbox/gateway/service-endpoints.ts';
import { type PlaneProxy, proxyAdmin, proxyFolder } from '../components/plane-proxy.ts';
import type { Rig } from '../rig/rig.ts';
import { ApiBackend } from './api-backend.ts';
import { EnvoyFiles } from './envoy-files.ts';
import type { Snapshot } from './snapshot.ts';

/** From a change to what is made of it: what changes together is one. */
const QUIET_MS = 20;

/** A control plane that is played: it writes statuses at the API server, and tells an Envoy where requests go. */
export type PlayedPlane = {
  /** What has gone wrong with it: nothing may. */
  readonly errors: readonly unknown[];
  readonly stop: () => Promise<void>;
};

/** What a plane makes of the objects of a cluster. */
export type Translator = {
  /** Told every change. */
  readonly onEvent: (event: ClusterEvent) => void;
  readonly snapshot: () => Snapshot;
  readonly stop: () => Promise<void> | void;
};

export type Scene = {
  readonly backend: ApiBackend;
  readonly view: ObjectView;
  readonly endpoints: ServiceEndpoints;
  /** To be called when the snapshot is another one for a reason that was not an event. */
  readonly changed: () => void;
};

/** Plays a control plane until it is stopped. */
export const playPlane = async (
  rig: Rig,
  {
    plane,
    resources,
    translator,
  }: {
    readonly plane: PlaneProxy;
    readonly resources: readonly Resource[];
    readonly translator: (scene: Scene) => Promise<Translator> | Translator;
  },
): Promise<PlayedPlane> => {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const backend = await ApiBackend.open(rig, { user: plane, resources, onError });
  const envoy = new EnvoyFiles({ folder: proxyFolder(rig, plane), admin: proxyAdmin(plane), onError });
  const view = new ObjectView();
  const endpoints = new ServiceEndpoints(view, () => ({}));
  let waiting: (() => void) | undefined;
  const bring = (): void => {
    waiting = undefined;
    try {
      envoy.push(made.snapshot());
    } catch (error) {
      onError(error);
    }
  };
  const changed = (): void => {
    waiting ??= backend.clock.after(QUIET_MS, bring);
  };
  const made = await translator({ backend, view, endpoints, changed });
  const onEvent = (event: ClusterEvent): void => {
    const isNew = view.apply(event) !== undefined;
    if (isNew) endpoints.changed(event.object);
    made.onEvent(event);
    if (isNew) changed();
  };
  backend.replay(onEvent);
  const unsubscribe = backend.subscribe(onEvent);
  return {
    errors,
    stop: async () => {
      unsubscribe();
      waiting?.();
      await made.stop();
      await envoy.idle();
      await backend.stop();
    },
  };
};
