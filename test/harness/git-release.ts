import type { CanarySpecInput } from '#src/api/canary.ts';
import { stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import type { MemoryCommit } from '#src/sandbox/git/memory-git.ts';
import type { World, WorldOptions } from './a-world.ts';
import { aCanary, aReceiver, aRepository, aSecret } from './manifests.ts';
import { PLANES, type Plane } from './planes.ts';
import { deployment, type Owner, serving } from './release.ts';

export const MANIFEST = 'apps/podinfo/deployment.yaml';

/** The team's own manifest: it says nothing of replicas. */
export const deploymentYaml = (image: string, name = 'podinfo'): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
spec:
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: app
          image: ${image} # bumped by the team
          ports: [{ name: http, containerPort: 9898 }]
`;

const GIT = { repositoryRef: { name: 'config' }, path: 'apps/podinfo', onFailure: 'revert' } as const;

/** The Canary of podinfo on one of the planes, with Git and two receivers; `spec` says what differs. */
export const aGitCanary = (spec: Partial<CanarySpecInput> = {}, plane: Plane = 'an adopted route'): KubeObject =>
  aCanary({
    ...PLANES[plane].spec,
    git: GIT,
    analysis: {
      interval: '5s',
      threshold: 2,
      stepWeights: [10, 50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
      alerts: [
        { name: 'team', providerRef: { name: 'team' } },
        { name: 'on-call', severity: 'error', providerRef: { name: 'on-call' } },
      ],
    },
    ...spec,
  });

/** What the team does: one commit that bumps the image. */
export const bump = ({ git }: World, image: string): string =>
  git.push({ files: { [MANIFEST]: deploymentYaml(image) }, message: `Bump podinfo to ${image}` });

/** The image that the target asks for, as the agent has applied it. */
export const asksFor = (world: World): string | undefined =>
  stringAt(deployment(world, 'podinfo'), 'spec', 'template', 'spec', 'containers', 0, 'image');

/** Commits that Serin made, oldest first. */
export const outcomesInGit = ({ git }: World): readonly MemoryCommit[] =>
  git.commits.filter(({ author }) => author === 'Serin');

type GitWorldOptions = WorldOptions & { readonly plane?: Plane };

/** podinfo 6.0.0 serves, comes from Git, and everything that Serin needs is there but the Canary. */
export const servingFromGit = async (
  owner: Owner,
  { plane = 'an adopted route', ...options }: GitWorldOptions = {},
): Promise<World> => {
  const { objects, host } = PLANES[plane];
  const world = await serving(owner, { rps: 20, host, ...options });
  bump(world, 'podinfo:6.0.0');
  world.startAgent();
  for (const object of objects) world.apply(object);
  world.apply(aSecret('config-git', { username: 'serin', password: 'hunter2' }));
  world.apply(aRepository());
  for (const name of ['team', 'on-call']) world.apply(aReceiver(name));
  await world.clock.advance(1000);
  return world;
};

/** `servingFromGit`, taken over. */
export const takenOverFromGit = async (
  owner: Owner,
  { canary, ...options }: GitWorldOptions & { readonly canary?: KubeObject } = {},
): Promise<World> => {
  const world = await servingFromGit(owner, options);
  world.startController();
  world.apply(canary ?? aGitCanary({}, options.plane));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  return world;
};
