// `node test/harness/record-tape.ts NAME`: keeps what this version writes in the life of a Canary, for versions to come.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { record, tapeText } from './tape.ts';

const [name] = process.argv.slice(2);
if (name === undefined) throw new Error('Cannot record: want a name, such as the version');
const file = join(import.meta.dirname, '..', 'fixtures', 'lives', `${name}.jsonl`);
writeFileSync(file, tapeText(await record()));
