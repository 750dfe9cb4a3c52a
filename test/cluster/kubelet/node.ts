import type { KubeObject } from '#src/lib/kube-object.ts';
import { timestamp } from '#src/sandbox/api/metadata.ts';

/** A Ready Node. It sends no heartbeats, so no node lifecycle controller may watch over it. */
export const nodeObject = (of: {
  readonly name: string;
  readonly address: string;
  readonly now: number;
}): KubeObject => {
  const { name, address, now } = of;
  const at = timestamp(now);
  const condition = (type: string, status: 'True' | 'False', reason: string) => ({
    type,
    status,
    reason,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  });
  const room = { cpu: '64', memory: '256Gi', pods: '5000', 'ephemeral-storage': '100Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': ARCHITECTURE },
    },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      capacity: room,
      allocatable: room,
      conditions: [
        condition('Ready', 'True', 'KubeletReady'),
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      ],
      nodeInfo: {
        architecture: ARCHITECTURE,
        bootID: '',
        containerRuntimeVersion: 'serin-processes://0',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'processes',
        systemUUID: '',
      },
    },
  };
};

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
