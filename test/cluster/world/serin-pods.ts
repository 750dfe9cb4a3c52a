import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { RESOURCES } from '#src/kube/resources.ts';
import { stringAt } from '#src/lib/json.ts';
import { containerLogsOf } from '../components/kubelet.ts';
import { kubectl } from '../rig/kubectl.ts';
import type { ACluster } from './a-cluster.ts';
import { publish } from './images.ts';
import { type Form, overlay } from './overlay.ts';
import { BUNDLE } from './serin.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SELECTOR = 'app.kubernetes.io/name=serin';

/** Serin as deploy/ installs it: two replicas with the rights of their ServiceAccount. */
export type SerinPods = {
  /** Number of the leader's process, as soon as one leads. */
  readonly leader: () => Promise<number>;
  /** Resolves when so many replicas are ready, and no others are there. */
  readonly scale: (replicas: number) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** Installs it and resolves when both replicas are ready. */
export const installSerinPods = async ({ rig, client }: ACluster, form: Form): Promise<SerinPods> => {
  const { namespace } = form;
  publish(rig, { 'serin:0.1.0': { program: { argv: [realpathSync(process.execPath), BUNDLE] } } });
  const folder = overlay(rig, form, { replicas: 2 });
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', join(ROOT, 'crds')]);
  await kubectl(rig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', join(ROOT, 'analysis-templates')]);
  await kubectl(rig, ['apply', '--server-side', '--force-conflicts', '-k', folder]);
  const inNamespace = ['-n', namespace];
  await kubectl(rig, [...inNamespace, 'rollout', 'status', 'deployment/serin', '--timeout=60s']);

  const leads = async (address: string): Promise<boolean> => {
    const answer = await fetch(`http://${address}:8080/metrics`, { signal: AbortSignal.timeout(2000) });
    return /^serin_leader 1$/m.test(await answer.text());
  };
  const leader = async (): Promise<number | undefined> => {
    const { items } = await client.list(RESOURCES.pod, { namespace, labelSelector: SELECTOR });
    const logs = containerLogsOf(rig);
    for (const pod of items) {
      const address = stringAt(pod, 'status', 'podIP');
      if (address === undefined || !(await leads(address).catch(() => false))) continue;
      const file = readdirSync(logs).find((name) => name === `${namespace}_${pod.metadata.name}_serin.pid`);
      if (file !== undefined) return Number(readFileSync(join(logs, file), 'utf8'));
    }
    return undefined;
  };
  return {
    scale: async (replicas) => {
      await kubectl(rig, [...inNamespace, 'scale', 'deployment/serin', `--replicas=${replicas}`]);
      await kubectl(rig, [...inNamespace, 'rollout', 'status', 'deployment/serin', '--timeout=60s']);
      await until(`${replicas} pods in ${namespace}`, async () => {
        return (await client.list(RESOURCES.pod, { namespace, labelSelector: SELECTOR })).items.length === replicas;
      });
    },
    leader: () => until(`leader in ${namespace}`, leader, 30_000),
    remove: async () => {
      await kubectl(rig, ['delete', '-k', folder, '--ignore-not-found', '--timeout=60s']);
    },
  };
};
