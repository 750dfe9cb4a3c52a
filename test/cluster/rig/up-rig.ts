import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installParts, type Progress } from '../parts/parts.ts';
import type { Size } from './bring-up.ts';
import { runInside } from './inside.ts';
import { makeNetwork, networkExists } from './network.ts';
import { runningPid, startedProcesses } from './processes.ts';
import { partsFile, type Rig } from './rig.ts';
import { tearDown } from './tear-down.ts';

const BRING_UP = join(import.meta.dirname, 'bring-up-main.ts');

/** Installs, builds and starts what is missing. With `link`, the machine outside reaches the cluster. */
export const upRig = async (
  rig: Rig,
  { progress, link, size }: { readonly progress: Progress; readonly link: boolean; readonly size: Size },
): Promise<void> => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('Cannot make a network namespace: want Linux and root');
  }
  const lives = startedProcesses(rig).some((name) => runningPid(rig, name) !== undefined);
  // What a crash left behind is no cluster.
  if (!lives) await tearDown(rig);
  mkdirSync(rig.folder, { recursive: true, mode: 0o755 });
  const parts = await installParts(rig.bin, { progress, istio: size === 'istio' });
  writeFileSync(partsFile(rig), JSON.stringify(parts));
  if (!(await networkExists(rig.name))) await progress('network namespace', () => makeNetwork(rig.name, { link }));
  const code = await runInside(rig, [BRING_UP, rig.name, size]);
  if (code !== 0) throw new Error(`Cannot bring the cluster "${rig.name}" up: what failed is told above`);
};
