import type { JsonRecord } from '../lib/json.ts';
import { isRecord, listAt, numberAt } from '../lib/json.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { fromGoDuration } from './go-duration.ts';
import { kept, type Part, part, problem, together, within } from './part.ts';
import { translateMetrics } from './translate-metrics.ts';
import { translateAlerts, translateHooks } from './translate-people.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';
const AT = 'spec.analysis';

/** `spec.analysis` but for metrics, alerts and webhooks. */
export const analysisEntries: readonly FieldEntry[] = [
  ...entriesAt(AT, {
    shownBy: SHOWN_BY,
    rows: [
      [
        '',
        'changed',
        '`judge: threshold` is added: Flagger’s way of judging. Without analysis every version is promoted without one (skipAnalysis).',
      ],
      ['interval', 'changed', '60s when absent, 10s when shorter, as in Flagger.'],
      ['iterations', 'kept', '0 without steps is refused: Flagger would wait for ever.'],
      [
        'threshold',
        'changed',
        '1 when absent, 0 or negative. The rollback comes at the failed check that reaches it, not one interval later.',
      ],
      [
        'maxWeight',
        'changed',
        '100 when absent or 0; left out beside stepWeights, where Flagger does not read it. The last step is capped at it.',
      ],
      ['stepWeight', 'kept', ''],
      ['stepWeights', 'kept', 'Has to rise at every step.'],
      ['stepWeightPromotion', 'kept', ''],
      [
        'mirror',
        'kept',
        'Requests of safe methods only are mirrored. Refused on planes that cannot mirror, where Flagger would wait for ever.',
      ],
      ['mirrorWeight', 'changed', '100 when absent or 0; left out without mirror, where Flagger does not read it.'],
      ['primaryReadyThreshold', 'kept', 'Rounded up, and at least one pod.'],
      ['canaryReadyThreshold', 'kept', 'Rounded up, and at least one pod.'],
      [
        'match',
        'kept',
        'Any item may fit, in an item everything must, on every plane. Needs iterations: without, Flagger would promote unseen.',
      ],
      ['match[].headers', 'kept', ''],
      ['match[].queryParams', 'kept', ''],
      ['match[].sourceLabels', 'kept', 'Refused where the plane cannot see who calls.'],
      ['metrics', 'kept', 'All are measured each time, where Flagger ends at the first failure.'],
      ['alerts', 'kept', ''],
      ['webhooks', 'kept', 'Flagger’s payload, with more fields; every 2xx is a success.'],
      [
        'sessionAffinity',
        'kept',
        'A primary cookie is added when none is named, so that both sides keep their clients.',
      ],
      ['sessionAffinity.**', 'kept', 'See spec.analysis.sessionAffinity.'],
    ],
  }),
];

const DEFAULT_INTERVAL = '60s';
const SHORTEST_MS = 10_000;

const intervalOf = (analysis: JsonRecord): Part => {
  const text = analysis['interval'];
  if (text === undefined || text === '') return part({ fields: { interval: DEFAULT_INTERVAL } });
  const read = fromGoDuration(text);
  if (read === undefined) {
    return part({
      problems: [problem(`${AT}.interval`, `Found ${JSON.stringify(text)}: want a duration such as 30s or 1m`)],
    });
  }
  return part({ fields: { interval: read.ms < SHORTEST_MS ? '10s' : read.text } });
};

const thresholdOf = (analysis: JsonRecord): Part => {
  const threshold = numberAt(analysis, 'threshold') ?? 0;
  return part({ fields: { threshold: threshold > 0 ? threshold : 1 } });
};

/** How the weight rises: steps, or iterations. */
const stepsOf = (analysis: JsonRecord): Part => {
  const iterations = numberAt(analysis, 'iterations') ?? 0;
  const hasSteps = analysis['stepWeight'] !== undefined || analysis['stepWeights'] !== undefined;
  const maxWeight = numberAt(analysis, 'maxWeight') ?? 0;
  const isRead = analysis['stepWeights'] === undefined;
  return together(
    kept(analysis, ['stepWeight', 'stepWeights', 'stepWeightPromotion']),
    part({
      fields: {
        ...(iterations > 0 ? { iterations } : {}),
        ...(maxWeight > 0 && isRead ? { maxWeight } : {}),
      },
      problems:
        iterations > 0 || hasSteps
          ? []
          : [
              problem(
                `${AT}.iterations`,
                'No version would ever be promoted: want iterations above 0, or stepWeight, or stepWeights',
              ),
            ],
      notes:
        maxWeight > 0 && !isRead
          ? [{ where: `${AT}.maxWeight`, message: 'it has no effect beside stepWeights and is left out' }]
          : [],
    }),
  );
};

const mirrorOf = (analysis: JsonRecord): Part => {
  const weight = numberAt(analysis, 'mirrorWeight') ?? 0;
  if (analysis['mirror'] === true) {
    return part({ fields: { mirror: true, ...(weight > 0 ? { mirrorWeight: weight } : {}) } });
  }
  const message = 'it has no effect without mirror and is left out';
  return part({ notes: weight > 0 ? [{ where: `${AT}.mirrorWeight`, message }] : [] });
};

const listOf = (analysis: JsonRecord, field: string): readonly unknown[] | undefined =>
  analysis[field] === undefined ? undefined : listAt(analysis, field);

/**
 * `spec.analysis` of a Flagger Canary; without one every version is promoted without analysis. Its old name
 * canaryAnalysis counts where the new one is absent.
 */
export const translateAnalysis = (spec: JsonRecord): Part => {
  const analysis = spec['analysis'] ?? spec['canaryAnalysis'];
  if (!isRecord(analysis)) {
    return part({ fields: { analysis: { judge: 'threshold', threshold: 1 }, skipAnalysis: true } });
  }
  const inner = together(
    part({ fields: { judge: 'threshold' } }),
    intervalOf(analysis),
    thresholdOf(analysis),
    stepsOf(analysis),
    mirrorOf(analysis),
    kept(analysis, ['primaryReadyThreshold', 'canaryReadyThreshold', 'match', 'sessionAffinity']),
    translateMetrics(listOf(analysis, 'metrics')),
    translateAlerts(listOf(analysis, 'alerts')),
    translateHooks(listOf(analysis, 'webhooks')),
  );
  return within('analysis', inner);
};
