import { join } from 'node:path';
import { cached } from './cache.ts';
import { FLAGGER_VERSION } from './flagger.ts';
import { buildModule } from './go-module.ts';

const LOAD_TESTER = 'loadtester';

/** Path of Flagger's load tester, the program that its users' hooks call; built when it is not there. */
export const buildLoadTester = async (): Promise<string> => {
  const folder = await cached(`${LOAD_TESTER}-${FLAGGER_VERSION}`, (into) =>
    buildModule({
      module: `github.com/fluxcd/flagger@${FLAGGER_VERSION}`,
      replace: {},
      package: './cmd/loadtester',
      out: join(into, LOAD_TESTER),
      keep: async () => {},
    }),
  );
  return join(folder, LOAD_TESTER);
};
