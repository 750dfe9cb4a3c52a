import { join } from 'node:path';
import { answers, type Component } from '../rig/component.ts';
import { PORTS, program } from '../rig/rig.ts';

const CLIENT = `http://127.0.0.1:${PORTS.etcd}`;

export const etcd: Component = {
  name: 'etcd',
  argv: (rig) => [
    program(rig, 'etcd'),
    `--data-dir=${join(rig.folder, 'etcd')}`,
    `--listen-client-urls=${CLIENT}`,
    `--advertise-client-urls=${CLIENT}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--unsafe-no-fsync',
    // As kubeadm sets it: the API server's bookmarks follow from it.
    '--watch-progress-notify-interval=5s',
    '--log-level=warn',
  ],
  ready: () => answers(`${CLIENT}/health`),
};
