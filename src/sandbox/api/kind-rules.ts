import { at, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { withField } from './kube-json.ts';
import { configMapRules, secretRules } from './rules-config.ts';
import { eventRules } from './rules-event.ts';
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

/** Defaults, validation and allocation of the kinds that Kubernetes brings along, by `kindKeyOf`. */
export const kindRules = (services: () => readonly KubeObject[]): Readonly<Record<string, KindRules>> => ({
  ConfigMap: configMapRules,
  'ControllerRevision.apps': controllerRevisionRules,
  'DaemonSet.apps': daemonSetRules,
  'Deployment.apps': deploymentRules,
  'Event.events.k8s.io': eventRules,
  'HTTPRoute.gateway.networking.k8s.io': httpRouteRules,
  'Ingress.networking.k8s.io': ingressRules,
  'Lease.coordination.k8s.io': leaseRules,
  Namespace: namespaceRules,
  Pod: podRules,
  'ReplicaSet.apps': replicaSetRules,
  Secret: secretRules,
  Service: serviceRules((address) => services().some((service) => stringAt(service, 'spec', 'clusterIP') === address)),
});
