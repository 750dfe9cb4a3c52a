import { isRecord, type JsonRecord, listAt, numberAt, recordAt, stringAt } from '../../lib/json.ts';
import type { KindRules } from './admission.ts';
import { defaulted, withDefaults } from './defaults-pod.ts';
import { withField } from './kube-json.ts';
import { invalidValue } from './metadata.ts';
import type { FieldProblem } from './status.ts';

const PERIOD = 15;
const FULL = { type: 'Percent', value: 100, periodSeconds: PERIOD };
const UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: PERIOD }, FULL],
};
const DOWN = { selectPolicy: 'Max', policies: [FULL] };
const CPU = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

/** Where each type of metric keeps what it is about. */
const SOURCES: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

/** Each way gets its defaults as soon as one of them is said. */
const behaviour = (spec: JsonRecord): JsonRecord =>
  defaulted(spec, 'behavior', (written) => ({
    scaleDown: withDefaults(recordAt(written, 'scaleDown'), DOWN),
    scaleUp: withDefaults(recordAt(written, 'scaleUp'), UP),
  }));

const required = (field: string, why = ''): FieldProblem => ({
  field,
  message: `Required value${why === '' ? '' : `: ${why}`}`,
  reason: 'FieldValueRequired',
});

const scalesToZero = (spec: JsonRecord): boolean =>
  listAt(spec, 'metrics').some((metric) => ['Object', 'External'].includes(stringAt(metric, 'type') ?? ''));

const replicaProblems = (spec: JsonRecord): readonly FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const [min = 1, max = 0] = [numberAt(spec, 'minReplicas'), numberAt(spec, 'maxReplicas')];
  if (min < 1 && !scalesToZero(spec)) {
    problems.push(
      { field: 'spec.minReplicas', message: invalidValue(min, 'must be greater than or equal to 1') },
      {
        field: 'spec.metrics',
        message: 'Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
        reason: 'FieldValueForbidden',
      },
    );
  }
  if (max < 1) problems.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  if (max < min) {
    const message = invalidValue(max, 'must be greater than or equal to `minReplicas`');
    problems.push({ field: 'spec.maxReplicas', message });
  }
  return problems;
};

const metricProblems = (metric: unknown, index: number): readonly FieldProblem[] => {
  const type = stringAt(metric, 'type') ?? '';
  const source = SOURCES[type];
  const field = `spec.metrics[${index}]`;
  if (source === undefined) {
    const known = Object.keys(SOURCES).map((name) => JSON.stringify(name));
    const message = `Unsupported value: ${JSON.stringify(type)}: supported values: ${known.join(', ')}`;
    return [{ field: `${field}.type`, message, reason: 'FieldValueNotSupported' }];
  }
  return isRecord(recordAt(metric)[source])
    ? []
    : [required(`${field}.${source}`, 'must populate information for the given metric source')];
};

/** A HorizontalPodAutoscaler's defaults, and what every one must have. */
export const autoscalerRules: KindRules = {
  admit: (object) => {
    const filled = behaviour(withDefaults(object['spec'], { minReplicas: 1 }));
    const spec = listAt(filled, 'metrics').length > 0 ? filled : { ...filled, metrics: [CPU] };
    const problems = [
      ...['kind', 'name']
        .filter((field) => (stringAt(spec, 'scaleTargetRef', field) ?? '') === '')
        .map((field) => required(`spec.scaleTargetRef.${field}`)),
      ...replicaProblems(spec),
      ...listAt(spec, 'metrics').flatMap(metricProblems),
    ];
    return problems.length > 0 ? { problems } : { object: withField(object, 'spec', spec) };
  },
};

/** A PodDisruptionBudget says how many pods must stay, or how many may go, and not both. */
export const disruptionBudgetRules: KindRules = {
  admit: (object) => {
    const { minAvailable, maxUnavailable } = recordAt(object, 'spec');
    if (minAvailable === undefined || maxUnavailable === undefined) return { object };
    const message = invalidValue(recordAt(object, 'spec'), 'minAvailable and maxUnavailable cannot be both set');
    return { problems: [{ field: 'spec', message }] };
  },
};
