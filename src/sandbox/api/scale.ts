import { isRecord, listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { withField, withMetadata } from './kube-json.ts';
import { invalidValue } from './metadata.ts';
import { badRequest, invalid } from './status.ts';

/** The sub-resource `scale` of a workload: what autoscalers and `kubectl scale` read and write. */
export const scaleOf = (object: KubeObject): Readonly<Record<string, unknown>> => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector: selectorText(object) },
  };
};

/** `object` with the replicas of a Scale that a client sends, held by the versions that it names. */
export const scaled = (object: KubeObject, scale: unknown): KubeObject => {
  if (!isRecord(scale) || scale['kind'] !== 'Scale') throw badRequest('the request body must be a Scale');
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (!(replicas >= 0)) {
    const message = invalidValue(replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', kind: 'Scale', name: object.metadata.name }, [
      { field: 'spec.replicas', message },
    ]);
  }
  const [uid, resourceVersion] = ['uid', 'resourceVersion'].map((field) => stringAt(scale, 'metadata', field));
  return withMetadata(withField(object, 'spec', { ...recordAt(object, 'spec'), replicas }), { uid, resourceVersion });
};

/** A LabelSelector in one line, as `kubectl get -l` takes it. */
const selectorText = (object: KubeObject): string => {
  const selector = recordAt(object, 'spec', 'selector');
  const labels = Object.entries(recordAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  const expressions = listAt(selector, 'matchExpressions').map((expression) => {
    const key = stringAt(expression, 'key') ?? '';
    const operator = stringAt(expression, 'operator');
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${listAt(expression, 'values').join(',')})`;
  });
  return [...labels, ...expressions].sort().join(',');
};
