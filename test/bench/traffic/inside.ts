// Runs in the cluster's network namespace, with the arguments of run.ts: measures, prints the table, and ends with 1 when
// a counted budget is broken.
import { writeFileSync } from 'node:fs';
import { messageOf } from '#src/lib/message-of.ts';
import { printProgress } from '../../cluster/rig/progress.ts';
import { type ACluster, openCluster } from '../../cluster/world/a-cluster.ts';
import { installSerin } from '../../cluster/world/deploy.ts';
import type { Measure } from '../measure.ts';
import { tableOf } from '../table.ts';
import { startSerin } from './bench-serin.ts';
import { changeMeasures } from './change-measures.ts';
import { goodRelease } from './good-release.ts';
import { machineOf } from './machine.ts';
import { type Options, parseOptions } from './options.ts';
import { PLANES } from './planes.ts';
import { releaseMeasures } from './release-measures.ts';
import { weightChanges } from './weight-changes.ts';

const write = (text: string): void => void process.stdout.write(text);
const progress = printProgress(write);

const measure = async (cluster: ACluster, options: Options): Promise<boolean> => {
  const { rig } = cluster;
  await progress('CRDs, rights and templates of Serin', () => installSerin(rig));
  const chosen = options.planes.flatMap((name) => PLANES[name] ?? []);
  const machine = machineOf(rig, [...new Set(chosen.flatMap(({ programs }) => programs))]);
  const raw: object[] = [];
  const measures: Measure[] = [];
  const { changes } = options;
  for (const of of changes === 0 ? [] : chosen) {
    const { plane, by } = of;
    const made = await progress(`${changes} changes of weight: ${plane}, ${by}`, () =>
      weightChanges(cluster, { of, changes }),
    );
    machine.look(`changes, ${plane}`);
    measures.push(...changeMeasures(of, made));
    raw.push({ plane, changes: made });
  }
  if (options.release) {
    const serin = await progress('Serin', () => startSerin(rig, chosen));
    for (const of of chosen) {
      const { plane, by } = of;
      const release = await progress(`take-over and a good release: ${plane}, ${by}`, () =>
        goodRelease(cluster, { of, serin }),
      );
      machine.look(`release, ${plane}`);
      measures.push(...releaseMeasures(of, release));
      raw.push({ plane, release });
    }
    await serin.end('SIGTERM');
  }
  const broken = measures.filter(({ held }) => held === false).map(({ name }) => name);
  const verdict = broken.length === 0 ? 'Every counted budget is kept' : `Broken: ${broken.join('; ')}`;
  write(`\n${tableOf(measures)}\n\n${verdict}. ${machine.text()}\n`);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ machine: machine.text(), measures, raw }, null, 2)}\n`);
  }
  return broken.length === 0;
};

const cluster = await openCluster();
try {
  const isKept = await measure(cluster, parseOptions(process.argv.slice(2)));
  process.exit(isKept ? 0 : 1);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}
