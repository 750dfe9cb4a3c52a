// `npm run bench:traffic`: brings a cluster with real data planes up, measures in it, and takes it down. What it measures
// is in inside.ts, which runs in the cluster's network; `-- --help` tells the options.
import { join } from 'node:path';
import { messageOf } from '#src/lib/message-of.ts';
import { run } from '../../cluster/parts/run.ts';
import { runInside } from '../../cluster/rig/inside.ts';
import { printProgress } from '../../cluster/rig/progress.ts';
import { type Rig, rigOf } from '../../cluster/rig/rig.ts';
import { tearDown } from '../../cluster/rig/tear-down.ts';
import { upRig } from '../../cluster/rig/up-rig.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { PLANES } from './planes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const INSIDE = join(import.meta.dirname, 'inside.ts');

const write = (text: string): void => void process.stdout.write(text);
const progress = printProgress(write);

const measure = async (rig: Rig, options: Options): Promise<number> => {
  if (!options.keep) await tearDown(rig);
  await progress('bundle', () => run([process.execPath, 'build.ts'], { cwd: ROOT }));
  const sizes = new Set(options.planes.flatMap((name) => PLANES[name]?.size ?? []));
  for (const size of sizes) await upRig(rig, { progress, link: false, size });
  return runInside(rig, [INSIDE, ...process.argv.slice(2)], { SERIN_CLUSTER: rig.name });
};

const parsed = (): Options | undefined => {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nnpm run bench:traffic -- --help tells the options\n`);
    return undefined;
  }
};

const options = parsed();
if (options === undefined) process.exit(2);
if (options.help) {
  write(HELP);
  process.exit(0);
}
const rig = rigOf(options.name);
const end = async (): Promise<void> => {
  if (!options.keep) await tearDown(rig);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    write(`\n${signal}: taking the cluster down\n`);
    void end().finally(() => process.exit(130));
  });
}
try {
  process.exitCode = await measure(rig, options);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  await end();
}
