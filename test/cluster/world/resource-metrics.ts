import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { RESOURCES } from '#src/kube/resources.ts';
import { listAt, numberAt, stringAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { kubectl } from '../rig/kubectl.ts';
import { ADDRESS, PORTS } from '../rig/rig.ts';
import type { ACluster } from './a-cluster.ts';
import { until } from './until.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = `${GROUP}/v1beta1`;
const SERVICE = { name: 'resource-metrics', namespace: 'kube-system' };
const LOOK_MS = 3000;
/** Thousandths of a core that a pod uses for each request a second. */
const MILLICORES_PER_REQUEST = 10;

type Counted = { readonly at: number; readonly requests: number };

/** Requests that a pod says it has answered; undefined while it does not answer. */
const requestsOf = async (pod: KubeObject): Promise<number | undefined> => {
  const address = stringAt(pod, 'status', 'podIP');
  const port = numberAt(pod, 'spec', 'containers', 0, 'ports', 0, 'containerPort');
  if (address === undefined || port === undefined) return undefined;
  try {
    const answer = await fetch(`http://${address}:${port}/metrics`, { signal: AbortSignal.timeout(2000) });
    const lines = (await answer.text()).matchAll(/^http_requests_total\{[^}]*\} (\d+)/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  } catch {
    return undefined;
  }
};

/**
 * What metrics-server serves, so that HorizontalPodAutoscalers scale by cpu: here a hundredth of a core for each request
 * a second that a pod really answers, by its own counter. It is an aggregated API of the real API server.
 */
export const serveResourceMetrics = async (
  { rig, client }: ACluster,
  namespace: string,
): Promise<{ readonly stop: () => Promise<void> }> => {
  const counts = new Map<string, readonly Counted[]>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const { items } = await client.list(RESOURCES.pod, { namespace });
    await Promise.all(
      items.map(async (pod) => {
        const { name } = pod.metadata;
        const requests = await requestsOf(pod);
        if (requests === undefined) counts.delete(name);
        else counts.set(name, [...(counts.get(name) ?? []).slice(-1), { at: Date.now(), requests }]);
      }),
    );
  };
  const again = async (): Promise<void> => {
    await look().catch(() => {});
    if (!stopped) timer = setTimeout(() => void again(), LOOK_MS);
  };

  const metricsOf = (name: string, labels: Readonly<Record<string, string>>): readonly unknown[] => {
    const [first, last] = counts.get(name) ?? [];
    if (first === undefined || last === undefined) return [];
    const seconds = (last.at - first.at) / 1000;
    const cpu = `${Math.round(((last.requests - first.requests) / seconds) * MILLICORES_PER_REQUEST)}m`;
    return [
      {
        metadata: { name, namespace, labels },
        timestamp: new Date(last.at).toISOString().replace(/[.]\d+Z$/, 'Z'),
        window: `${Math.round(seconds)}s`,
        containers: [{ name: 'app', usage: { cpu, memory: '10Mi' } }],
      },
    ];
  };

  const answerTo = async (url: URL): Promise<unknown> => {
    if (url.pathname === `/apis/${VERSION}`) {
      const pods = { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] };
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: VERSION, resources: [pods] };
    }
    if (url.pathname !== `/apis/${VERSION}/namespaces/${namespace}/pods`) return undefined;
    const labelSelector = url.searchParams.get('labelSelector') ?? '';
    const { items } = await client.list(RESOURCES.pod, { namespace, labelSelector });
    const metrics = items.flatMap(({ metadata: { name, labels = {} } }) => metricsOf(name, labels));
    return { kind: 'PodMetricsList', apiVersion: VERSION, metadata: {}, items: metrics };
  };

  const [cert, key] = ['crt', 'key'].map((end) => readFileSync(join(rig.folder, 'api-server', `apiserver.${end}`)));
  const server: Server = createServer({ cert, key, keepAliveTimeout: 0 }, (asked, answer) => {
    void answerTo(new URL(asked.url ?? '/', `https://${ADDRESS}`)).then(
      (body) => {
        answer.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
        answer.end(JSON.stringify(body ?? {}));
      },
      () => answer.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(PORTS.resourceMetrics, ADDRESS, resolve);
  });
  await again();
  const objects = [
    {
      // By its address: the rig has no Service addresses.
      apiVersion: 'v1',
      kind: 'Service',
      metadata: SERVICE,
      spec: { type: 'ExternalName', externalName: ADDRESS, ports: [{ port: PORTS.resourceMetrics }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${GROUP}` },
      spec: {
        group: GROUP,
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { ...SERVICE, port: PORTS.resourceMetrics },
      },
    },
  ];
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  await kubectl(rig, ['apply', '--server-side', '-f', '-'], { input });
  await until('resource metrics through the API server', async () => {
    const path = `/apis/${VERSION}/namespaces/${namespace}/pods`;
    const said = await kubectl(rig, ['get', '--raw', path]).catch(() => '{}');
    return Array.isArray(listAt(JSON.parse(said), 'items')) && said.includes('PodMetricsList');
  });
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await kubectl(rig, ['delete', '-f', '-', '--ignore-not-found'], { input });
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
