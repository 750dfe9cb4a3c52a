import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeClient } from '#src/kube/client.ts';
import { createKubeClient } from '#src/kube/create-client.ts';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import { loadKubeConfig } from '#src/kube/load-kube-config.ts';
import { systemClock } from '#src/lib/clock.ts';
import { kubeconfigOf, type Rig, rigOf } from '../rig/rig.ts';

/** The cluster that the test runner has started, for tests that run inside it. */
export type ACluster = {
  readonly rig: Rig;
  /** As a person who may do everything. */
  readonly client: KubeClient;
  readonly close: () => Promise<void>;
};

/** The rig that the runner names. Throws when the test was started without it. */
export const theRig = (): Rig => {
  const name = process.env['SERIN_CLUSTER'];
  if (name === undefined) throw new Error('Cannot find the cluster: want `npm run test:cluster` to start this test');
  return rigOf(name);
};

export const openCluster = async (): Promise<ACluster> => {
  const rig = theRig();
  const auth = await loadKubeConfig({ from: 'file', path: kubeconfigOf(rig, 'admin') });
  const transport = createHttpTransport({ auth, clock: systemClock });
  const client = createKubeClient({ transport, clock: systemClock, random: Math.random });
  mkdirSync(join(rig.folder, 'home'), { recursive: true });
  return { rig, client, close: transport.close };
};
