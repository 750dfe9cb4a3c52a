import { at, numberAt, sameJson, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import type { KindRules } from './admission.ts';
import { invalidValue } from './metadata.ts';
import { checkMicroTimes } from './micro-times.ts';
import type { FieldProblem } from './status.ts';

const TIMES = [['eventTime'], ['series', 'lastObservedTime']];

const required = (field: string): FieldProblem => ({ field, message: 'Required value', reason: 'FieldValueRequired' });
/** The server does not repeat what it refuses in an Event. */
const wrong = (field: string, why: string): FieldProblem => ({ field, message: invalidValue('', why) });

const textProblems = (object: KubeObject, field: string): readonly FieldProblem[] => {
  const text = stringAt(object, field) ?? '';
  if (text === '') return [required(field)];
  return Buffer.byteLength(text) > 128 ? [wrong(field, 'can have at most 128 characters')] : [];
};

const seriesProblems = (object: KubeObject): readonly FieldProblem[] => {
  if (at(object, 'series') === undefined) return [];
  return [
    ...((numberAt(object, 'series', 'count') ?? 0) < 2 ? [wrong('series.count', 'should be at least 2')] : []),
    ...(at(object, 'series', 'lastObservedTime') === undefined ? [required('series.lastObservedTime')] : []),
  ];
};

/** An Event about an object without a namespace stands in one of these. */
const OF_THE_CLUSTER: readonly (string | undefined)[] = ['default', 'kube-system'];

const newProblems = (object: KubeObject): readonly FieldProblem[] => {
  const type = stringAt(object, 'type') ?? '';
  const { namespace } = object.metadata;
  const isLost = stringAt(object, 'regarding', 'namespace') === undefined && !OF_THE_CLUSTER.includes(namespace);
  return [
    ...(isLost ? [wrong('involvedObject.namespace', 'does not match event.namespace')] : []),
    ...(stringAt(object, 'reportingController') ? [] : [required('reportingController')]),
    ...['reportingInstance', 'action', 'reason'].flatMap((field) => textProblems(object, field)),
    ...(Buffer.byteLength(stringAt(object, 'note') ?? '') > 1024
      ? [wrong('message', 'can have at most 1024 characters')]
      : []),
    ...(at(object, 'eventTime') === undefined ? [required('eventTime')] : []),
    ...seriesProblems(object),
    ...(type === 'Normal' || type === 'Warning' ? [] : [wrong('type', `has invalid value: ${type}`)]),
  ];
};

/** Everything but series and metadata, under the names that the server uses for it. */
const FIXED = [
  ['regarding', 'involvedObject'],
  ['reason', 'reason'],
  ['note', 'message'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
] as const;

const changeProblems = (object: KubeObject, old: KubeObject): readonly FieldProblem[] => [
  ...FIXED.filter(([name]) => !sameJson(object[name], old[name])).map(([name, field]) => ({
    field,
    message: invalidValue(object[name], 'field is immutable'),
  })),
  ...seriesProblems(object),
];

/** Events of events.k8s.io/v1; the server speaks of them by the names of the older API. */
export const eventRules: KindRules = {
  admit: (object, { old }) => {
    checkMicroTimes(object, TIMES);
    const problems = old === undefined ? newProblems(object) : changeProblems(object, old);
    return problems.length === 0 ? { object } : { problems };
  },
};
