import { join } from 'node:path';
import { answers, type Component } from '../rig/component.ts';
import { CERTIFICATE, PORTS, program, SERVER } from '../rig/rig.ts';
import { tokenOf } from './api-server.ts';

/** Its providers of HTTPRoutes and of Ingresses with ingress-nginx's annotations. */
const PROVIDERS = ['kubernetesgateway', 'kubernetesingressnginx'];

export const traefik: Component = {
  name: 'traefik',
  argv: (rig) => [
    program(rig, 'traefik'),
    `--entrypoints.web.address=:${PORTS.web}`,
    `--entrypoints.traefik.address=:${PORTS.traefik}`,
    '--api.insecure=true',
    '--ping=true',
    '--log.level=INFO',
    '--metrics.prometheus=true',
    '--metrics.prometheus.addserviceslabels=true',
    '--global.checknewversion=false',
    '--global.sendanonymoususage=false',
    ...PROVIDERS.flatMap((provider) => [
      `--providers.${provider}=true`,
      `--providers.${provider}.endpoint=${SERVER}`,
      `--providers.${provider}.token=${tokenOf(rig, 'traefik')}`,
      `--providers.${provider}.certauthfilepath=${join(rig.folder, CERTIFICATE)}`,
    ]),
  ],
  ready: () => answers(`http://127.0.0.1:${PORTS.traefik}/ping`),
};
