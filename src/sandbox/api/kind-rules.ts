import { at, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { withField } from './kube-json.ts';
import { appMeshRules } from './rules-app-mesh.ts';
import { autoscalerRules, disruptionBudgetRules } from './rules-autoscaling.ts';
import { configMapRules, secretRules } from './rules-config.ts';
import { eventRules } from './rules-event.ts';
import { GLOO_RULES } from './rules-gloo.ts';
import { ISTIO_RULES } from './rules-istio.ts';
import { leaseRules } from './rules-lease.ts';
import { controllerRevisionRules } from './rules-revision.ts';
import { httpRouteRules, ingressRules } from './rules-route.ts';
import { serviceRules } from './rules-service.ts';
import { daemonSetRules, deploymentRules, podRules, replicaSetRules } from './rules-workload.ts';

/** The namespace controller lets it go by taking this out. */
const namespaceRules: KindRules = {
  admit: (object, { old }) => ({
    object: withField(object, 'spec', at(old, 'spec') ?? { finalizers: ['kubernetes'] }),
  }),
  allocate: (object) => withField(object, 'status', { phase: 'Active' }),
};

/** Objects of a kind, wherever they are. */
type List = (kind: { readonly apiVersion: string; readonly kind: string }) => readonly KubeObject[];

/** Defaults, validation and allocation of the kinds of Kubernetes and of the data planes, by `kindKeyOf`. */
export const kindRules = (list: List): Readonly<Record<string, KindRules>> => ({
  ...ISTIO_RULES,
  ...appMeshRules({
    meshes: () => list({ apiVersion: 'appmesh.k8s.aws/v1beta2', kind: 'Mesh' }),
    namespaces: () => list({ apiVersion: 'v1', kind: 'Namespace' }),
  }),
  ...GLOO_RULES,
  ConfigMap: configMapRules,
  'ControllerRevision.apps': controllerRevisionRules,
  'DaemonSet.apps': daemonSetRules,
  'Deployment.apps': deploymentRules,
  'Event.events.k8s.io': eventRules,
  'HTTPRoute.gateway.networking.k8s.io': httpRouteRules,
  'HorizontalPodAutoscaler.autoscaling': autoscalerRules,
  'Ingress.networking.k8s.io': ingressRules,
  'Lease.coordination.k8s.io': leaseRules,
  Namespace: namespaceRules,
  Pod: podRules,
  'PodDisruptionBudget.policy': disruptionBudgetRules,
  'ReplicaSet.apps': replicaSetRules,
  Secret: secretRules,
  Service: serviceRules((address) =>
    list({ apiVersion: 'v1', kind: 'Service' }).some((service) => stringAt(service, 'spec', 'clusterIP') === address),
  ),
});
