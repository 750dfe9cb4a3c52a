import { type JsonRecord, listAt, recordAt, stringAt, stringsAt } from '../../../lib/json.ts';
import type { KubeObject } from '../../../lib/kube-object.ts';
import { readQuantity } from '../../../lib/quantity.ts';
import { isReady } from '../pod-status.ts';
import type { PodLoad } from './pod-load.ts';

/** Kubernetes leaves alone what is this close to what is wanted. */
const TOLERANCE = 0.1;
/** Cores that a pod uses for each request per second. */
export const CORES_PER_REQUEST = 0.01;
/** The one metric of pods that is served. */
const REQUESTS = 'http_requests_per_second';

/** What a metric asks for, and its line in the status; or why it cannot be told. */
export type Demand =
  | { readonly replicas: number; readonly status: unknown }
  | { readonly reason: string; readonly message: string };

export type Scene = {
  readonly pods: readonly KubeObject[];
  /** Replicas that stand. */
  readonly current: number;
  readonly load: PodLoad;
  /** Value of an external metric of the namespace; undefined when nobody serves it. */
  readonly external: (name: string, labels: Readonly<Record<string, string>>) => number | undefined;
};

const unserved = (reason: string, what: string): Demand => ({
  reason,
  message: `the sandbox serves no ${what}: it has ${REQUESTS} of pods, their cpu, and what KEDA serves`,
});

const cpuRequest = (pod: KubeObject): number =>
  listAt(pod, 'spec', 'containers').reduce<number>(
    (sum, container) => sum + (readQuantity(recordAt(container, 'resources', 'requests')['cpu']) ?? 0),
    0,
  );

/** Rates of the pods that are ready and have been looked at often enough. */
const ratesOf = ({ pods, load }: Scene): readonly number[] =>
  pods.filter(isReady).flatMap((pod) => load.rateOf(pod) ?? []);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const meanRate = (scene: Scene): number | undefined => {
  const rates = ratesOf(scene);
  return rates.length === 0 ? undefined : sum(rates) / rates.length;
};

/**
 * Replicas by which each pod would have `wanted`. Pods of which nothing is known damp both ways: they count as idle
 * where there should be more, and as fully busy where there should be fewer.
 */
const replicasFor = (wanted: number, scene: Scene): number => {
  const rates = ratesOf(scene);
  const unknown = scene.pods.length - rates.length;
  const ratio = sum(rates) / (rates.length * wanted);
  const damped = (sum(rates) + (ratio < 1 ? unknown * wanted : 0)) / (scene.pods.length * wanted);
  const turned = (ratio > 1 && damped < 1) || (ratio < 1 && damped > 1);
  return turned || Math.abs(damped - 1) <= TOLERANCE ? scene.current : Math.ceil(damped * scene.pods.length);
};

const text = (value: number): string => (Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`);

const podsDemand = (metric: unknown, scene: Scene): Demand => {
  const name = stringAt(metric, 'pods', 'metric', 'name') ?? '';
  const wanted = readQuantity(recordAt(metric, 'pods', 'target')['averageValue']);
  if (name !== REQUESTS || wanted === undefined) return unserved('FailedGetPodsMetric', `metric ${name} of pods`);
  const mean = meanRate(scene);
  if (mean === undefined) return { reason: 'FailedGetPodsMetric', message: `unable to get metric ${name}` };
  const current = { averageValue: text(mean) };
  return {
    replicas: replicasFor(wanted, scene),
    status: { type: 'Pods', pods: { metric: { name }, current } },
  };
};

/** Requests per second of a pod that uses as much cpu as its target says; undefined for one that cannot be told. */
const rateWanted = (target: JsonRecord, request: number): number | undefined => {
  const cores =
    target['type'] === 'Utilization'
      ? (request * Number(target['averageUtilization'])) / 100
      : readQuantity(target['averageValue']);
  return cores === undefined || !(cores > 0) ? undefined : cores / CORES_PER_REQUEST;
};

const resourceDemand = (metric: unknown, scene: Scene): Demand => {
  const name = stringAt(metric, 'resource', 'name') ?? '';
  if (name !== 'cpu') return unserved('FailedGetResourceMetric', `metric of the resource ${name}`);
  const [pod] = scene.pods;
  const request = pod === undefined ? 0 : cpuRequest(pod);
  const wanted = rateWanted(recordAt(metric, 'resource', 'target'), request);
  const mean = meanRate(scene);
  if (mean === undefined || wanted === undefined) {
    const why = wanted === undefined ? 'missing request for cpu' : 'no metrics returned from resource metrics API';
    return { reason: 'FailedGetResourceMetric', message: `failed to get cpu utilization: ${why}` };
  }
  const used = mean * CORES_PER_REQUEST;
  const current = {
    averageValue: text(used),
    ...(request === 0 ? {} : { averageUtilization: Math.round((used / request) * 100) }),
  };
  return {
    replicas: replicasFor(wanted, scene),
    status: { type: 'Resource', resource: { name, current } },
  };
};

const externalDemand = (metric: unknown, scene: Scene): Demand => {
  const name = stringAt(metric, 'external', 'metric', 'name') ?? '';
  const labels = stringsAt(metric, 'external', 'metric', 'selector', 'matchLabels');
  const wanted = readQuantity(recordAt(metric, 'external', 'target')['averageValue']);
  const value = scene.external(name, labels);
  if (value === undefined || wanted === undefined)
    return unserved('FailedGetExternalMetric', `external metric ${name}`);
  const { current } = scene;
  const ratio = value / (wanted * current);
  return {
    replicas: Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(value / wanted),
    status: { type: 'External', external: { metric: { name }, current: { averageValue: text(value / current) } } },
  };
};

/** What one metric of a HorizontalPodAutoscaler asks for, by Kubernetes' arithmetic. */
export const demandOf = (metric: unknown, scene: Scene): Demand => {
  const type = stringAt(metric, 'type');
  switch (type) {
    case 'Pods':
      return podsDemand(metric, scene);
    case 'Resource':
      return resourceDemand(metric, scene);
    case 'External':
      return externalDemand(metric, scene);
    default:
      return unserved('InvalidMetricSourceType', `metric of type ${type}`);
  }
};
