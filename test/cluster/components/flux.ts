import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type Component } from '../rig/component.ts';
import { kubeconfigOf, program, type Rig } from '../rig/rig.ts';

const COMMON = ['--events-addr=', '--watch-all-namespaces', '--enable-leader-election=false'];
const environment = (rig: Rig): Readonly<Record<string, string>> => ({
  KUBECONFIG: kubeconfigOf(rig, 'flux'),
  RUNTIME_NAMESPACE: 'flux-system',
});

/** Fetches Git repositories for Flux. */
export const sourceController: Component = {
  name: 'source-controller',
  prepare: (rig) => void mkdirSync(join(rig.folder, 'flux-storage'), { recursive: true }),
  argv: (rig) => [
    program(rig, 'source-controller'),
    ...COMMON,
    `--storage-path=${join(rig.folder, 'flux-storage')}`,
    '--storage-addr=127.0.0.1:9190',
    '--storage-adv-addr=127.0.0.1:9190',
    '--metrics-addr=127.0.0.1:9191',
    '--health-addr=127.0.0.1:9192',
  ],
  environment,
  ready: () => answers('http://127.0.0.1:9192/readyz'),
};

/** Applies what it fetched. */
export const kustomizeController: Component = {
  name: 'kustomize-controller',
  argv: (rig) => [
    program(rig, 'kustomize-controller'),
    ...COMMON,
    '--metrics-addr=127.0.0.1:9291',
    '--health-addr=127.0.0.1:9292',
  ],
  environment,
  ready: () => answers('http://127.0.0.1:9292/readyz'),
};
