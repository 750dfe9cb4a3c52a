// Runs in the rig's network namespace; its arguments are the rig's name and size.
import { readFileSync } from 'node:fs';
import { listAt } from '#src/lib/json.ts';
import { messageOf } from '#src/lib/message-of.ts';
import { bringUp, isSize } from './bring-up.ts';
import { printProgress } from './progress.ts';
import { partsFile, rigOf } from './rig.ts';

const rig = rigOf(process.argv[2] ?? '');
const size = process.argv[3];
if (!isSize(size)) throw new RangeError(`Cannot bring up a cluster of size "${size}"`);
const parts: unknown = JSON.parse(readFileSync(partsFile(rig), 'utf8'));
const progress = printProgress((text) => process.stdout.write(text));
try {
  await bringUp(rig, { progress, crds: listAt(parts, 'crds').map(String), size });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
// The processes that were started go on without this one.
process.exit();
