// `npm run cluster:down`: ends the cluster and leaves nothing behind but what was installed and built.
import { parseArgs } from 'node:util';
import { messageOf } from '#src/lib/message-of.ts';
import { rigOf } from './rig/rig.ts';
import { tearDown } from './rig/tear-down.ts';

const { values } = parseArgs({ options: { name: { type: 'string', default: 'serin' } } });
try {
  await tearDown(rigOf(values.name));
  process.stdout.write(`The cluster "${values.name}" is gone\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
