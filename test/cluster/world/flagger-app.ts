import { RESOURCES } from '#src/kube/resources.ts';
import { at, listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { apply, kubectl } from '../rig/kubectl.ts';
import { GATEWAY } from '../rig/platform.ts';
import type { ACluster } from './a-cluster.ts';
import { deploymentYaml, imageOf, type Place } from './place.ts';

/** Share of the canary's answers that are no errors, by the gateway's counters: the query means the same to both. */
const SUCCESS_RATE = [
  'sum(rate(traefik_service_requests_total{service=~".*-svc-{{ namespace }}-{{ service }}-canary-.*",code!~"5.."}[{{ interval }}]))',
  '/',
  'sum(rate(traefik_service_requests_total{service=~".*-svc-{{ namespace }}-{{ service }}-canary-.*"}[{{ interval }}]))',
  '* 100',
].join(' ');

/** The manifest of a team that uses Flagger; not a line of it is ever changed. */
export const flaggerManifest = ({ namespace, app, host }: Place) => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: app, namespace },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
    progressDeadlineSeconds: 60,
    revertOnDeletion: true,
    service: { port: 80, targetPort: 'http', gatewayRefs: [GATEWAY], hosts: [host] },
    analysis: {
      interval: '10s',
      threshold: 1,
      stepWeight: 50,
      maxWeight: 50,
      metrics: [{ name: 'answers', interval: '10s', query: SUCCESS_RATE, thresholdRange: { min: 99 } }],
    },
  },
});

/** An application that Flagger or Serin releases. */
export type FlaggerApp = {
  /** The Deployment, whose pods read a ConfigMap. */
  readonly deploy: (version: string) => Promise<unknown>;
  readonly canary: () => Promise<KubeObject | undefined>;
  readonly phase: () => Promise<string | undefined>;
  /** Message of a condition that is True. */
  readonly told: (type: string) => Promise<string | undefined>;
  /** Names of the primary's pods, with the number of their restarts. */
  readonly primaryPods: () => Promise<readonly string[]>;
};

export const flaggerApp = ({ rig, client }: ACluster, place: Place): FlaggerApp => {
  const { namespace, app } = place;
  const canary: FlaggerApp['canary'] = () =>
    client.get({ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', namespace, name: app });
  return {
    deploy: async (version) => {
      const configured = deploymentYaml(place, version).replace(
        `          image: ${imageOf(place, version)}`,
        `          envFrom: [{ configMapRef: { name: settings } }]\n          image: ${imageOf(place, version)}`,
      );
      // As a person does: replicas are the canary controller's.
      return kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-f', '-'], {
        input: configured.replace(/^ {2}replicas: .*\n/m, version === '6.0.0' ? '$&' : ''),
      });
    },
    canary,
    phase: async () => stringAt(await canary(), 'status', 'phase'),
    told: async (type) => {
      const conditions = listAt(await canary(), 'status', 'conditions');
      const found = conditions.find(
        (entry) => stringAt(entry, 'type') === type && stringAt(entry, 'status') === 'True',
      );
      return stringAt(found, 'message');
    },
    primaryPods: async () => {
      const labelSelector = `app=${app}-primary`;
      const { items } = await client.list(RESOURCES.pod, { namespace, labelSelector });
      const alive = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return alive
        .map(
          (pod) => `${pod.metadata.name} ${numberAt(at(pod, 'status', 'containerStatuses', 0), 'restartCount') ?? 0}`,
        )
        .toSorted();
    },
  };
};

/** The namespace of the application, with its config. */
export const applyGround = ({ rig }: ACluster, { namespace }: Place): Promise<string> =>
  apply(rig, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { COLOR: 'blue' } },
  ]);
