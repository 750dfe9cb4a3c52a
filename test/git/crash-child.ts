// A controller that commits one operation and is killed on the way; started by engine-faults.test.ts.
import { repositorySpec } from '#src/api/repository.ts';
import { GitEngine } from '#src/git/engine.ts';
import { repositoryAccess } from '#src/git/repository-access.ts';
import { systemClock } from '#src/lib/clock.ts';
import { revertOperation } from './operation.ts';

const [url, folder = ''] = process.argv.slice(2);
const spec = repositorySpec.parse({ url, author: { email: 'serin@example.com' } });
const engine = new GitEngine({ clock: systemClock, random: () => 0.5, folder, allowInsecure: true });
await engine.commit(revertOperation(), repositoryAccess(spec, {}, { allowInsecure: true }));
await engine.close();
