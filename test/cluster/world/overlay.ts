import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dump } from 'js-yaml';
import { PROMETHEUS } from '../components/prometheus.ts';
import type { Rig } from '../rig/rig.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A form of deploy/, and the namespace in which its pods run. */
export type Form = {
  readonly folder: 'deploy/kustomize' | 'deploy/namespaced';
  readonly namespace: string;
  /** Where istiod is asked for the state of its proxies, as docs/istio.md sets it up. */
  readonly istiod?: string;
  /** Components of deploy/, such as `deploy/watch-flagger`. */
  readonly components?: readonly string[];
};

const TOKEN = '/var/run/secrets/istiod';

const asking = (istiod: string) => {
  const container = '/spec/template/spec/containers/0';
  const token = { path: 'token', audience: 'istio-ca', expirationSeconds: 3600 };
  return [
    { op: 'add', path: `${container}/args/-`, value: `--istiod=${istiod}` },
    { op: 'add', path: `${container}/args/-`, value: `--istiod-token-file=${TOKEN}/token` },
    { op: 'add', path: `${container}/volumeMounts/-`, value: { name: 'istiod-token', mountPath: TOKEN } },
    {
      op: 'add',
      path: '/spec/template/spec/volumes/-',
      value: { name: 'istiod-token', projected: { sources: [{ serviceAccountToken: token }] } },
    },
  ];
};

/** The overlay that deploy/README.md asks for: a Prometheus of our own, and this cluster's plain-HTTP Git server. */
export const overlay = (
  rig: Rig,
  { folder, namespace, istiod, components = [] }: Form,
  { replicas }: { readonly replicas: number },
): string => {
  const made = join(rig.folder, `overlay-${namespace}`);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  const patch = [
    { op: 'replace', path: '/spec/template/spec/containers/0/args/1', value: `--metrics-server=${PROMETHEUS}` },
    {
      op: 'add',
      path: '/spec/template/spec/containers/0/env/-',
      value: { name: 'SERIN_GIT_INSECURE', value: 'true' },
    },
    ...(istiod === undefined ? [] : asking(istiod)),
  ];
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [relative(realpathSync(made), join(ROOT, folder))],
    components: components.map((path) => relative(realpathSync(made), join(ROOT, path))),
    replicas: [{ name: 'serin', count: replicas }],
    patches: [{ target: { kind: 'Deployment', name: 'serin' }, patch: JSON.stringify(patch) }],
  };
  writeFileSync(join(made, 'kustomization.yaml'), dump(kustomization));
  return made;
};
