import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { buildModule } from './go-module.ts';

export type FluxProgram = { readonly name: 'source-controller' | 'kustomize-controller'; readonly version: string };

export const FLUX: readonly FluxProgram[] = [
  { name: 'source-controller', version: 'v1.9.1' },
  { name: 'kustomize-controller', version: 'v1.9.4' },
];

/**
 * A folder with one of Flux's controllers and its CRDs (`crds/`). The module replaces its own API by a folder that the
 * module's archive leaves out.
 */
export const buildFlux = ({ name, version }: FluxProgram): Promise<string> =>
  cached(`${name}-${version}`, (into) => {
    const path = `github.com/fluxcd/${name}`;
    return buildModule({
      module: `${path}@${version}`,
      replace: { [`${path}/api`]: `${path}/api@${version}` },
      package: '.',
      out: join(into, name),
      keep: (source) => cp(join(source, 'config', 'crd', 'bases'), join(into, 'crds'), { recursive: true }),
    });
  });
