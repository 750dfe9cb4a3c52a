import { dump } from 'js-yaml';
import { fleetCanary, fleetDeployment } from '../world/fleet.ts';

export const NAMESPACE = 'soak';
export const COUNT = 50;

/** One application of the soak, as its folder in the repository has it. */
export type App = { readonly name: string; readonly host: string };

export const APPS: readonly App[] = Array.from({ length: COUNT }, (_, index) => ({
  name: `app-${index}`,
  host: `app-${index}.${NAMESPACE}.example.com`,
}));

export const deploymentFile = ({ name }: App): string => `apps/${name}/deployment.yaml`;

/** The Deployment with this version; its replicas stand in Git, as most people have them. */
export const deploymentYaml = ({ name }: App, version: string): string => {
  const deployment = fleetDeployment({ namespace: NAMESPACE, name }, version);
  return dump({ ...deployment, spec: { replicas: 1, ...deployment.spec } });
};

/** The Canary, which commits what comes of each run. */
export const canaryYaml = ({ name }: App): string => {
  const canary = fleetCanary({ namespace: NAMESPACE, name }, { interval: '5s', stepWeights: [50] });
  const git = { repositoryRef: { name: 'config' }, path: `apps/${name}`, onFailure: 'revert' };
  return dump({ ...canary, spec: { ...canary.spec, git } });
};
