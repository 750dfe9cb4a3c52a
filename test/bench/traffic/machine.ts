import { readlinkSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname } from 'node:path';
import { program, type Rig } from '../../cluster/rig/rig.ts';

/** The folder that each was installed into has its version. */
const versionsOf = (rig: Rig, programs: readonly string[]): readonly string[] =>
  programs.map((name) => basename(dirname(readlinkSync(program(rig, name)))));

/** On what is measured, and how busy it is. */
export type Machine = {
  /** Notes the load average of the last minute. */
  readonly look: (when: string) => void;
  readonly text: () => string;
};

export const machineOf = (rig: Rig, programs: readonly string[]): Machine => {
  const loads: string[] = [];
  const look = (when: string): void => void loads.push(`${when} ${(loadavg()[0] ?? 0).toFixed(1)}`);
  look('before');
  const hardware = `Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    look,
    text: () => `${[hardware, ...versionsOf(rig, programs)].join(', ')}; load of the last minute: ${loads.join(', ')}.`,
  };
};
