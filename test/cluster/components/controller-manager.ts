import { join } from 'node:path';
import type { Component } from '../rig/component.ts';
import { ADDRESS, CERTIFICATE, kubeconfigOf, program } from '../rig/rig.ts';
import { answersOverTls } from './answers-over-tls.ts';
import { SERVICE_ACCOUNT_KEY } from './api-server.ts';

/** No node-lifecycle: the kubelet of the rig sends no heartbeats. */
const CONTROLLERS = [
  'deployment',
  'replicaset',
  'daemonset',
  'endpointslice',
  'endpointslice-mirroring',
  'garbage-collector',
  'namespace',
  'serviceaccount',
  'root-ca-certificate-publisher',
  'job',
  'horizontal-pod-autoscaler',
  'disruption',
  'clusterrole-aggregation',
].map((name) => `${name}-controller`);

export const controllerManager: Component = {
  name: 'kube-controller-manager',
  argv: (rig) => [
    program(rig, 'kube-controller-manager'),
    `--kubeconfig=${kubeconfigOf(rig, 'controller-manager')}`,
    `--bind-address=${ADDRESS}`,
    `--cert-dir=${join(rig.folder, 'controller-manager')}`,
    '--leader-elect=false',
    '--use-service-account-credentials=false',
    `--service-account-private-key-file=${join(rig.folder, SERVICE_ACCOUNT_KEY)}`,
    `--root-ca-file=${join(rig.folder, CERTIFICATE)}`,
    `--controllers=${CONTROLLERS.join(',')}`,
    '--kube-api-qps=300',
    '--kube-api-burst=600',
    '--endpointslice-updates-batch-period=0s',
  ],
  ready: () => answersOverTls(`https://${ADDRESS}:10257/healthz`),
};
