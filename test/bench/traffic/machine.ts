import { readlinkSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname } from 'node:path';
import { program, type Rig } from '../../cluster/rig/rig.ts';

const SAMPLE_MS = 5000;

/** The folder that each was installed into has its version. */
const versionsOf = (rig: Rig, programs: readonly string[]): readonly string[] =>
  programs.map((name) => basename(dirname(readlinkSync(program(rig, name)))));

/** On what is measured, and how busy it is. */
export type Machine = {
  /** Notes the highest load average (of a minute) since the last look. */
  readonly look: (when: string) => void;
  readonly text: () => string;
};

export const machineOf = (rig: Rig, programs: readonly string[]): Machine => {
  const loads: string[] = [];
  let highest = 0;
  const sample = (): void => {
    highest = Math.max(highest, loadavg()[0] ?? 0);
  };
  // What is read at the end of a part alone does not show that its middle was spoilt.
  setInterval(sample, SAMPLE_MS).unref();
  const look = (when: string): void => {
    sample();
    loads.push(`${when} ${highest.toFixed(1)}`);
    highest = 0;
  };
  look('before');
  const hardware = `Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    look,
    text: () => `${[hardware, ...versionsOf(rig, programs)].join(', ')}; highest load: ${loads.join(', ')}.`,
  };
};
