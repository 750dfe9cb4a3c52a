import { load } from 'js-yaml';
import { apply, kubectl } from '../../cluster/rig/kubectl.ts';
import type { ACluster } from '../../cluster/world/a-cluster.ts';
import { publish } from '../../cluster/world/images.ts';
import { deploymentYaml, imageOf, type Place, routeYaml } from '../../cluster/world/place.ts';
import { apexRule } from './apex-rule.ts';

/** The version that each side answers with. */
export const VERSIONS = { primary: '6.0.0', canary: '6.1.0' } as const;

const SIDES = ['primary', 'canary'] as const;
const sidePlace = (place: Place, side: (typeof SIDES)[number]): Place => ({ ...place, app: `${place.app}-${side}` });

const service = (place: Place, of: { readonly name: string; readonly app: string }) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: of.name, namespace: place.namespace },
  spec: { selector: { app: of.app }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});

/** An application as it stands in a run, but without Serin: both sides with their Services, and the team's route. */
export const startTwoSides = async ({ rig }: ACluster, place: Place): Promise<void> => {
  const { app, namespace } = place;
  const sides = SIDES.map((side) => ({ side, at: sidePlace(place, side) }));
  publish(rig, Object.fromEntries(sides.map(({ side, at }) => [imageOf(at, VERSIONS[side]), {}])));
  await apply(rig, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await apply(rig, [
    ...sides.map(({ side, at }) => load(deploymentYaml(at, VERSIONS[side]))),
    ...sides.map(({ at }) => service(place, { name: at.app, app: at.app })),
    // Ingresses go on naming the apex, which leads to the primary.
    service(place, { name: app, app: `${app}-primary` }),
    ...apexRule(place),
    load(routeYaml(place)),
  ]);
  for (const { at } of sides) {
    await kubectl(rig, ['-n', namespace, 'rollout', 'status', `deployment/${at.app}`, '--timeout=60s']);
  }
};
