import {
  at,
  isRecord,
  type JsonRecord,
  listAt,
  numberAt,
  recordAt,
  sameJson,
  stringAt,
  stringsAt,
} from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { selects } from '../workloads/label-selector.ts';
import type { AdmissionContext, KindRules, Verdict } from './admission.ts';
import { defaulted, defaultPodSpec, withDefaults } from './defaults-pod.ts';
import { withField } from './kube-json.ts';
import { invalidValue, labelProblems } from './metadata.ts';
import { containerProblems } from './rules-container.ts';
import type { FieldProblem } from './status.ts';

const defaultTemplate = (spec: JsonRecord): JsonRecord =>
  defaulted(spec, 'template', (template) => ({ ...recordAt(template), spec: defaultPodSpec(at(template, 'spec')) }));

const defaultDeployment = (spec: unknown): JsonRecord => {
  const filled = withDefaults(spec, {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: {},
  });
  const strategy = withDefaults(filled['strategy'], { type: 'RollingUpdate' });
  const rolling = { maxUnavailable: '25%', maxSurge: '25%' };
  return {
    ...filled,
    strategy:
      strategy['type'] === 'RollingUpdate'
        ? { ...strategy, rollingUpdate: withDefaults(strategy['rollingUpdate'], rolling) }
        : strategy,
  };
};

const defaultDaemonSet = (spec: unknown): JsonRecord => {
  const filled = withDefaults(spec, { revisionHistoryLimit: 10, updateStrategy: {} });
  const strategy = withDefaults(filled['updateStrategy'], { type: 'RollingUpdate' });
  const rolling = { maxUnavailable: 1, maxSurge: 0 };
  return {
    ...filled,
    updateStrategy:
      strategy['type'] === 'RollingUpdate'
        ? { ...strategy, rollingUpdate: withDefaults(strategy['rollingUpdate'], rolling) }
        : strategy,
  };
};

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

const selectorProblems = (
  selector: unknown,
  { labels, kind }: { readonly labels: Readonly<Record<string, string>>; readonly kind: string },
): readonly FieldProblem[] => {
  const field = 'spec.selector';
  const unmatched: FieldProblem = {
    field: 'spec.template.metadata.labels',
    message: invalidValue(labels, '`selector` does not match template `labels`'),
  };
  if (!isRecord(selector)) return [{ field, message: 'Required value', reason: 'FieldValueRequired' }, unmatched];
  if (sameJson(selector, {})) {
    return [{ field, message: invalidValue(selector, `empty selector is invalid for ${kind.toLowerCase()}`) }];
  }
  for (const [index, expression] of listAt(selector, 'matchExpressions').entries()) {
    const operator = stringAt(expression, 'operator') ?? '';
    if (OPERATORS.includes(operator)) continue;
    const message = invalidValue(operator, 'not a valid selector operator');
    return [{ field: `${field}.matchExpressions[${index}].operator`, message }];
  }
  return selects(selector, labels) ? [] : [unmatched];
};

const workloadProblems = (object: KubeObject, old: KubeObject | undefined): readonly FieldProblem[] => {
  const spec = recordAt(object, 'spec');
  const labels = stringsAt(spec, 'template', 'metadata', 'labels');
  const { selector } = spec;
  const problems: FieldProblem[] = [];
  const replicas = numberAt(spec, 'replicas');
  if (replicas !== undefined && (replicas < 0 || !Number.isInteger(replicas))) {
    problems.push({ field: 'spec.replicas', message: invalidValue(replicas, 'must be greater than or equal to 0') });
  }
  problems.push(...selectorProblems(selector, { labels, kind: object.kind }));
  if (old !== undefined && !sameJson(at(old, 'spec', 'selector'), selector)) {
    problems.push({ field: 'spec.selector', message: invalidValue(selector, 'field is immutable') });
  }
  const policy = at(spec, 'template', 'spec', 'restartPolicy');
  if (policy !== undefined && policy !== 'Always') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Always"`;
    problems.push({ field: 'spec.template.spec.restartPolicy', message, reason: 'FieldValueNotSupported' });
  }
  return [
    ...problems,
    ...labelProblems(labels, 'spec.template.metadata.labels'),
    ...containerProblems(at(spec, 'template', 'spec'), 'spec.template.spec'),
  ];
};

const deploymentProblems = (object: KubeObject): readonly FieldProblem[] => {
  const spec = recordAt(object, 'spec');
  const [deadline, wait] = [numberAt(spec, 'progressDeadlineSeconds'), numberAt(spec, 'minReadySeconds') ?? 0];
  const rolling = recordAt(spec, 'strategy', 'rollingUpdate');
  const isNone = (amount: unknown): boolean => amount === 0 || amount === '0%';
  const { maxSurge, maxUnavailable } = rolling;
  return [
    ...(deadline !== undefined && deadline <= wait
      ? [
          {
            field: 'spec.progressDeadlineSeconds',
            message: invalidValue(deadline, 'must be greater than minReadySeconds'),
          },
        ]
      : []),
    ...(isNone(maxSurge) && isNone(maxUnavailable)
      ? [
          {
            field: 'spec.strategy.rollingUpdate.maxUnavailable',
            message: invalidValue(maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
          },
        ]
      : []),
  ];
};

const workload = (fill: (spec: unknown) => JsonRecord): KindRules => ({
  admit: (object: KubeObject, { old }: AdmissionContext): Verdict => {
    const filled = withField(object, 'spec', defaultTemplate(fill(object['spec'])));
    const own = object.kind === 'Deployment' ? deploymentProblems(filled) : [];
    const problems = [...workloadProblems(filled, old), ...own];
    return problems.length > 0 ? { problems } : { object: filled };
  },
});

export const deploymentRules = workload(defaultDeployment);
export const daemonSetRules = workload(defaultDaemonSet);
export const replicaSetRules = workload((spec) => withDefaults(spec, { replicas: 1 }));

export const podRules: KindRules = {
  admit: (object) => {
    const filled = withField(
      object,
      'spec',
      withDefaults(defaultPodSpec(object['spec']), { enableServiceLinks: true }),
    );
    const problems = containerProblems(filled['spec'], 'spec');
    return problems.length > 0 ? { problems } : { object: filled };
  },
  allocate: (object) => withField(object, 'status', { phase: 'Pending' }),
};
