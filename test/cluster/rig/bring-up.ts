import { apiServer } from '../components/api-server.ts';
import { controllerManager } from '../components/controller-manager.ts';
import { etcd } from '../components/etcd.ts';
import { kustomizeController, sourceController } from '../components/flux.ts';
import { gitBackend, gitServer } from '../components/git-server.ts';
import { istioGateway } from '../components/istio-gateway.ts';
import { istiod } from '../components/istiod.ts';
import { kubelet } from '../components/kubelet.ts';
import { planeProxy } from '../components/plane-proxy.ts';
import { prometheus } from '../components/prometheus.ts';
import { traefik } from '../components/traefik.ts';
import type { Progress } from '../parts/parts.ts';
import { type Component, startComponent } from './component.ts';
import { installIstio } from './istio.ts';
import { installMeshCrds } from './meshes.ts';
import { installPlatform } from './platform.ts';
import type { Rig } from './rig.ts';

const CONTROL_PLANE: readonly Component[] = [etcd, apiServer, controllerManager];
/** What needs the CRDs of the platform, or nothing of the cluster at all. */
const TRAFFIC: readonly Component[] = [kubelet, traefik, prometheus];
const GITOPS: readonly Component[] = [gitBackend, gitServer, sourceController, kustomizeController];
const REST = {
  whole: [...TRAFFIC, ...GITOPS],
  traffic: TRAFFIC,
  'control-plane': [],
  istio: [kubelet, prometheus, ...GITOPS, istiod, istioGateway],
  meshes: [kubelet, prometheus, planeProxy('app-mesh'), planeProxy('gloo')],
} as const;

/**
 * Everything but Istio; without Git and Flux; only what answers at the API, where no pod ever runs; everything with
 * Istio in place of Traefik; or, without Git and Flux, CRDs of Istio, App Mesh and Gloo with Envoys for the latter two.
 */
export type Size = keyof typeof REST;
export const isSize = (text: string | undefined): text is Size => text !== undefined && Object.hasOwn(REST, text);

/** Starts what does not run yet, in the network namespace in which this process stands. */
export const bringUp = async (
  rig: Rig,
  options: { readonly progress: Progress; readonly crds: readonly string[]; readonly size: Size },
): Promise<void> => {
  const { progress, crds, size } = options;
  const start = (component: Component): Promise<void> => progress(component.name, () => startComponent(rig, component));
  for (const component of CONTROL_PLANE) await start(component);
  await progress('CRDs, namespaces, Gateway', () => installPlatform(rig, { crds }));
  if (size === 'istio') await progress('namespace and Gateway of Istio', () => installIstio(rig));
  if (size === 'meshes') await progress('CRDs of Istio, App Mesh and Gloo', () => installMeshCrds(rig));
  const ended = await Promise.allSettled(REST[size].map(start));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};
