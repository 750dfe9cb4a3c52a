import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../rig/component.ts';
import { logOf } from '../rig/processes.ts';
import { kubeconfigOf, type Rig } from '../rig/rig.ts';

const path = ({ folder }: Rig, name: string): string => join(folder, 'kubelet', name);

/** What Prometheus finds pods by. */
export const podTargetsOf = (rig: Rig): string => path(rig, 'targets.json');
/** What each image does; read again when it changes. */
export const imagesOf = (rig: Rig): string => path(rig, 'images.json');
/** Logs and process numbers of containers that are programs. */
export const containerLogsOf = (rig: Rig): string => path(rig, 'containers');

export const kubelet: Component = {
  name: 'kubelet',
  prepare: (rig) => {
    mkdirSync(containerLogsOf(rig), { recursive: true });
    if (!existsSync(imagesOf(rig))) writeFileSync(imagesOf(rig), '{}');
    if (!existsSync(podTargetsOf(rig))) writeFileSync(podTargetsOf(rig), '[]');
  },
  argv: (rig) => [
    process.execPath,
    join(import.meta.dirname, '..', 'kubelet', 'main.ts'),
    `--kubeconfig=${kubeconfigOf(rig, 'kubelet')}`,
    `--images=${imagesOf(rig)}`,
    `--targets=${podTargetsOf(rig)}`,
    `--logs=${containerLogsOf(rig)}`,
    '--node=node-1,node-2,node-3',
  ],
  ready: async (rig) => /^ready$/m.test(readFileSync(logOf(rig, 'kubelet'), 'utf8')),
};
