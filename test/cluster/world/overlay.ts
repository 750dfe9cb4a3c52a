import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dump } from 'js-yaml';
import { PROMETHEUS } from '../components/prometheus.ts';
import type { Rig } from '../rig/rig.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A form of deploy/, and the namespace in which its pods run. */
export type Form = { readonly folder: 'deploy/kustomize' | 'deploy/namespaced'; readonly namespace: string };

/** The overlay that deploy/README.md asks for: a Prometheus of our own, and this cluster's plain-HTTP Git server. */
export const overlay = (rig: Rig, { folder, namespace }: Form, { replicas }: { readonly replicas: number }): string => {
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
  ];
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [relative(realpathSync(made), join(ROOT, folder))],
    replicas: [{ name: 'serin', count: replicas }],
    patches: [{ target: { kind: 'Deployment', name: 'serin' }, patch: JSON.stringify(patch) }],
  };
  writeFileSync(join(made, 'kustomization.yaml'), dump(kustomization));
  return made;
};
