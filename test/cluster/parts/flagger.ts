import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { buildModule } from './go-module.ts';

export const FLAGGER = 'flagger';
export const FLAGGER_VERSION = 'v1.44.0';

/** A folder with Flagger's controller and the CRDs of its own chart (`crds/`). */
export const buildFlagger = (): Promise<string> =>
  cached(`${FLAGGER}-${FLAGGER_VERSION}`, (into) =>
    buildModule({
      module: `github.com/fluxcd/flagger@${FLAGGER_VERSION}`,
      replace: {},
      package: './cmd/flagger',
      out: join(into, FLAGGER),
      keep: (source) => cp(join(source, 'charts', 'flagger', 'crds'), join(into, 'crds'), { recursive: true }),
    }),
  );
