import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, type Component } from '../rig/component.ts';
import { ADDRESS, PORTS } from '../rig/rig.ts';
import { istioScrapes } from './istio-scrapes.ts';
import { podTargetsOf } from './kubelet.ts';
import { proxyScrapes } from './plane-proxy.ts';

export const PROMETHEUS = `http://${ADDRESS}:${PORTS.prometheus}`;

export const prometheus: Component = {
  name: 'prometheus',
  prepare: (rig) => {
    const scrape = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        { job_name: 'traefik', static_configs: [{ targets: [`127.0.0.1:${PORTS.traefik}`] }] },
        { job_name: 'pods', file_sd_configs: [{ files: [podTargetsOf(rig)], refresh_interval: '1s' }] },
        ...istioScrapes,
        ...proxyScrapes,
      ],
    };
    mkdirSync(join(rig.folder, 'prometheus'), { recursive: true });
    writeFileSync(join(rig.folder, 'prometheus', 'prometheus.yaml'), JSON.stringify(scrape));
  },
  argv: (rig) => [
    'prometheus',
    `--config.file=${join(rig.folder, 'prometheus', 'prometheus.yaml')}`,
    `--storage.tsdb.path=${join(rig.folder, 'prometheus', 'data')}`,
    `--web.listen-address=${ADDRESS}:${PORTS.prometheus}`,
  ],
  ready: () => answers(`${PROMETHEUS}/-/ready`),
};
