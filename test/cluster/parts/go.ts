import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '#src/lib/hash.ts';
import { stringAt } from '#src/lib/json.ts';
import { cached } from './cache.ts';
import { run } from './run.ts';

const MODULE = join(import.meta.dirname, '..', 'go');
const KUBERNETES = 'v1.36.3';
const STATIC = { CGO_ENABLED: '0' };

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

const moduleFolder = async (module: string): Promise<string> => {
  const answer: unknown = JSON.parse(await run(['go', 'mod', 'download', '-json', module]));
  return stringAt(answer, 'Dir') ?? '';
};

/** A folder with the CRDs of the Gateway API's standard channel. */
export const gatewayCrds = async (): Promise<string> =>
  join(await moduleFolder('sigs.k8s.io/gateway-api@v1.6.1'), 'config', 'crd', 'standard');

export type FluxProgram = { readonly name: 'source-controller' | 'kustomize-controller'; readonly version: string };

export const FLUX: readonly FluxProgram[] = [
  { name: 'source-controller', version: 'v1.9.1' },
  { name: 'kustomize-controller', version: 'v1.9.4' },
];

/**
 * A folder with one of Flux's controllers and its CRDs (`crds/`), built from its Go module. The module replaces its own
 * API by a folder that the module's archive leaves out, hence the copy that may be edited.
 */
export const buildFlux = ({ name, version }: FluxProgram): Promise<string> =>
  cached(`${name}-${version}`, async (into) => {
    const path = `github.com/fluxcd/${name}`;
    const source = join(into, 'source');
    await cp(await moduleFolder(`${path}@${version}`), source, { recursive: true });
    await run(['chmod', '-R', 'u+w', source]);
    await run(['go', 'mod', 'edit', '-replace', `${path}/api=${path}/api@${version}`], { cwd: source });
    const build = ['go', 'build', '-mod=mod', '-trimpath', '-ldflags', '-s -w', '-o', join(into, name), '.'];
    await run(build, { cwd: source, environment: STATIC });
    await cp(join(source, 'config', 'crd', 'bases'), join(into, 'crds'), { recursive: true });
    await run(['rm', '-rf', source]);
  });
