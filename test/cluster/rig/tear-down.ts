import { rm } from 'node:fs/promises';
import { run } from '../parts/run.ts';
import { removeNetwork } from './network.ts';
import { startedProcesses, stopProcess } from './processes.ts';
import type { Rig } from './rig.ts';

/**
 * Ends every process that was started, the last one first, and removes the network namespace and the folder. Nothing is
 * left, except what was installed and built.
 */
export const tearDown = async (rig: Rig): Promise<void> => {
  for (const name of startedProcesses(rig).toReversed()) await stopProcess(rig, { name });
  await removeNetwork(rig.name);
  await removePodNetworks(rig);
  await rm(rig.folder, { recursive: true, force: true, maxRetries: 5 });
};

/** Should the kubelet have been killed: the namespaces of its pods that are programs. */
const removePodNetworks = async ({ name }: Rig): Promise<void> => {
  const all = (await run(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const one of all.filter((other) => other.startsWith(`${name}-pod-`))) await removeNetwork(one);
};
