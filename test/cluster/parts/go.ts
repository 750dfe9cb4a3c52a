import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#src/lib/hash.ts';
import { cached } from './cache.ts';
import { moduleFolder, STATIC } from './go-module.ts';
import { run } from './run.ts';

const MODULE = join(import.meta.dirname, '..', 'go');
const KUBERNETES = 'v1.36.3';

/** Without its version stamped in, an API server says v0.0.0 and its feature gates misbehave. */
const VERSION_FLAGS = [
  `-X k8s.io/component-base/version.gitVersion=${KUBERNETES}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=36',
  `-X k8s.io/client-go/pkg/version.gitVersion=${KUBERNETES}`,
].join(' ');

/** Programs of our own wrapper module; each is a folder in it. */
export type Wrapped = 'kubernetes' | 'etcd' | 'lua';

/** The path of a program of the wrapper module, built when its sources have changed. */
export const buildWrapped = async (name: Wrapped): Promise<string> => {
  const sources = ['go.mod', 'go.sum', join(name, 'main.go')];
  const key = sha256(sources.map((path) => readFileSync(join(MODULE, path), 'utf8')).join('\0')).slice(0, 12);
  const folder = await cached(`${name}-${key}`, async (into) => {
    const flags = name === 'kubernetes' ? `-s -w ${VERSION_FLAGS}` : '-s -w';
    const build = ['go', 'build', '-trimpath', '-ldflags', flags, '-o', join(into, name), `./${name}`];
    await run(build, { cwd: MODULE, environment: STATIC });
  });
  return join(folder, name);
};

/** A folder with the CRDs of the Gateway API's standard channel. */
export const gatewayCrds = async (): Promise<string> =>
  join(await moduleFolder('sigs.k8s.io/gateway-api@v1.6.1'), 'config', 'crd', 'standard');

/** A folder with Gloo's CRDs, among other files. */
export const glooCrds = async (): Promise<string> =>
  join(await moduleFolder('github.com/solo-io/gloo@v1.22.1'), 'install', 'helm', 'gloo', 'crds');
