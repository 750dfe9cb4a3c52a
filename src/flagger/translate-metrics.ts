import type { JsonRecord } from '../lib/json.ts';
import { isRecord, numberAt, stringAt } from '../lib/json.ts';
import { distinctNames } from './distinct-names.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { fromGoDuration } from './go-duration.ts';
import { kept, listPart, type Note, type Part, part, problem, together } from './part.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';
const AT = 'spec.analysis.metrics';

/** `spec.analysis.metrics`. */
export const metricEntries: readonly FieldEntry[] = entriesAt(`${AT}[]`, {
  shownBy: SHOWN_BY,
  rows: [
    [
      'name',
      'changed',
      'The second metric of a name is called name-2, because Serin tells metrics apart by name; a second built-in one is refused.',
    ],
    ['interval', 'changed', '1m when absent, also for built-in metrics.'],
    [
      'threshold',
      'changed',
      'Becomes thresholdRange: min for request-success-rate, max for all others; ignored beside a thresholdRange, as in Flagger.',
    ],
    [
      'thresholdRange',
      'kept',
      'One of min and max is needed: without, Flagger lets every success rate pass and no other value.',
    ],
    ['thresholdRange.min', 'kept', ''],
    ['thresholdRange.max', 'kept', ''],
    ['query', 'kept', 'Measures `<target>-canary`, where the new version runs.'],
    ['templateRef', 'changed', 'Kind MetricTemplate is added. Another namespace has to allow it.'],
    ['templateRef.name', 'kept', ''],
    ['templateRef.namespace', 'kept', ''],
    ['templateVariables', 'changed', 'Becomes args.'],
  ],
});

const BUILT_IN = ['request-success-rate', 'request-duration'];
/** Flagger's, of every metric that has none. */
const DEFAULT_INTERVAL = '1m';

/** The range that a metric passes in; the old `threshold` counts only where there is no range. */
const rangeOf = (metric: JsonRecord): JsonRecord => {
  if (isRecord(metric['thresholdRange'])) return { thresholdRange: metric['thresholdRange'] };
  const threshold = numberAt(metric, 'threshold');
  if (threshold === undefined) return {};
  return { thresholdRange: metric['name'] === 'request-success-rate' ? { min: threshold } : { max: threshold } };
};

const intervalOf = (metric: JsonRecord, at: string): Part => {
  const text = metric['interval'];
  if (text === undefined || text === '') return part({ fields: { interval: DEFAULT_INTERVAL } });
  const read = fromGoDuration(text);
  if (read !== undefined) return part({ fields: { interval: read.text } });
  return part({
    problems: [problem(`${at}.interval`, `Found ${JSON.stringify(text)}: want a duration such as 30s or 1m`)],
  });
};

const templateOf = (metric: JsonRecord): JsonRecord => {
  const ref = metric['templateRef'];
  return isRecord(ref) ? { templateRef: { kind: 'MetricTemplate', ...ref } } : {};
};

/** What Flagger passes over too: variables without a template, and an old threshold beside a range. */
const leftOut = (metric: JsonRecord, at: string): readonly Note[] => {
  const { templateVariables, templateRef, threshold, thresholdRange } = metric;
  const hasVariables = isRecord(templateVariables) && Object.keys(templateVariables).length > 0;
  return [
    ...(hasVariables && !isRecord(templateRef)
      ? [{ where: `${at}.templateVariables`, message: 'it has no effect without templateRef and is left out' }]
      : []),
    ...(threshold !== undefined && isRecord(thresholdRange)
      ? [{ where: `${at}.threshold`, message: 'it has no effect beside thresholdRange and is left out' }]
      : []),
  ];
};

const metricPart = (metric: JsonRecord, { name, at }: { readonly name: string; readonly at: string }): Part => {
  const own = stringAt(metric, 'name') ?? '';
  const isTwice = name !== own && BUILT_IN.includes(own);
  const variables = metric['templateVariables'];
  const args = isRecord(variables) && isRecord(metric['templateRef']) ? { args: variables } : {};
  const twice = `${own} stands there twice, and its query is built in: keep one, with min and max in one thresholdRange`;
  return together(
    part({
      fields: { name, ...rangeOf(metric), ...templateOf(metric), ...args },
      problems: isTwice ? [problem(`${at}.name`, twice)] : [],
      notes: leftOut(metric, at),
    }),
    intervalOf(metric, at),
    metric['query'] === '' ? part({}) : kept(metric, ['query']),
  );
};

/** `spec.analysis.metrics` of a Flagger Canary. */
export const translateMetrics = (metrics: readonly unknown[] | undefined): Part => {
  const records = metrics?.filter(isRecord);
  const names = distinctNames((records ?? []).map((metric) => stringAt(metric, 'name') ?? ''));
  return listPart(
    'metrics',
    records?.map((metric, index) => metricPart(metric, { name: names[index] ?? '', at: `${AT}[${index}]` })),
  );
};
