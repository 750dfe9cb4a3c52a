import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { buildModule } from './go-module.ts';

/** Of 1.31; Istio's releases have no versions that Go knows. */
const VERSION = 'v0.0.0-20260827124520-eed52ebb66ad';

/** What it pins cannot be had from the Go proxy. */
const REPLACE = {
  'istio.io/api': 'istio.io/api@v1.31.1',
  'istio.io/client-go': 'istio.io/client-go@v1.31.1',
  'github.com/envoyproxy/go-control-plane/envoy': 'github.com/envoyproxy/go-control-plane/envoy@v1.40.0',
  'github.com/envoyproxy/go-control-plane/contrib':
    'github.com/envoyproxy/go-control-plane/contrib@v1.36.1-0.20260729145720-a2d8c7492908',
};

export const ISTIOD = 'pilot-discovery';

/** A folder with istiod (`pilot-discovery`) and Istio's CRDs (`crds/`). */
export const buildIstiod = (): Promise<string> =>
  cached(`istiod-${VERSION}`, (into) =>
    buildModule({
      module: `istio.io/istio@${VERSION}`,
      replace: REPLACE,
      package: './pilot/cmd/pilot-discovery',
      out: join(into, ISTIOD),
      keep: async (source) => {
        await mkdir(join(into, 'crds'));
        const crds = join(source, 'manifests', 'charts', 'base', 'files', 'crd-all.gen.yaml');
        await cp(crds, join(into, 'crds', 'crd-all.gen.yaml'));
      },
    }),
  );
