import { parseArgs } from 'node:util';
import { PLANES } from './planes.ts';

export const HELP = `Usage: npm run bench:traffic -- [OPTIONS]

Measures on real data planes, in a cluster that it brings up and takes down (Linux and root; docs/real-cluster.md):
how long a weight that is written takes to be seen by clients, what a good release loses, and what it writes.
Counted budgets (requests lost, writes) end it with 1 when they are broken; times are printed only.

  --plane NAME     one plane: ${Object.keys(PLANES).join(', ')}; may be given more than once (all)
  --changes N      changes of weight on each plane (40); 0 leaves that part out
  --no-release     leaves the release out
  --json FILE      writes every number that was measured
  --name NAME      of the cluster (bench)
  --keep           leaves the cluster running, and uses one that runs
  --help           prints this

Examples:
  npm run bench:traffic
  npm run bench:traffic -- --plane virtualservice --changes 100
  npm run bench:traffic -- --changes 0 --json release.json --keep
`;

export type Options = {
  /** Keys of `PLANES`. */
  readonly planes: readonly string[];
  readonly changes: number;
  readonly release: boolean;
  readonly json?: string | undefined;
  readonly name: string;
  readonly keep: boolean;
  readonly help: boolean;
};

/** The options of a command line. Throws what is wrong with it, in words. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      plane: { type: 'string', multiple: true, default: [] },
      changes: { type: 'string', default: '40' },
      release: { type: 'boolean', default: true },
      json: { type: 'string' },
      name: { type: 'string', default: 'bench' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { plane, changes, ...rest } = values;
  const unknown = plane.find((name) => !Object.hasOwn(PLANES, name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot measure the plane "${unknown}": want ${Object.keys(PLANES).join(', ')}`);
  }
  if (!/^\d+$/.test(changes)) throw new RangeError(`Cannot change weights "${changes}" times: want a whole number`);
  return { ...rest, planes: plane.length === 0 ? Object.keys(PLANES) : [...new Set(plane)], changes: Number(changes) };
};
