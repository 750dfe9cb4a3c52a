// `npm run flagger`: writes docs/flagger.md from Flagger's CRD, the entries in src/flagger and the introduction.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flaggerPage } from './page.ts';

writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'flagger.md'), flaggerPage());
process.stdout.write('docs/flagger.md is written\n');
