import { outcomeMark } from '../view/marks.ts';
import { renderTable } from '../view/render-table.ts';
import { ageOf, mark, type Style } from '../view/style.ts';
import type { HistoryRun, HistoryView } from './history-view.ts';

type Options = { readonly style: Style; readonly now: number; readonly wide: boolean };

const HEAD = ['RUN', 'VERSION', 'OUTCOME', 'CAUSE', 'TOOK', 'WAITED', 'STEPS', 'COMMIT', 'AGE'];
const WIDE = ['STRATEGY', 'BY', 'WHY'];

const took = (seconds: number | undefined): string => (seconds === undefined ? '?' : ageOf(seconds * 1000));

const gitText = ({ commit, pullRequest, unwritten }: HistoryRun): string => {
  if (pullRequest !== undefined) return `#${pullRequest.slice(pullRequest.lastIndexOf('/') + 1)}`;
  return commit?.slice(0, 7) ?? (unwritten === undefined ? '-' : 'refused');
};

const cells = (run: HistoryRun, { style, now, wide }: Options): readonly string[] => {
  const { id, version, outcome, cause, seconds, waitedSeconds, weights, endedAt, strategy, requestedBy, sentence } =
    run;
  const basic = [
    id,
    version,
    `${mark(outcomeMark(outcome), style)} ${outcome}`,
    cause ?? '-',
    took(seconds),
    took(waitedSeconds),
    weights === undefined ? '?' : weights.join(' ') || '-',
    gitText(run),
    ageOf(now - Date.parse(endedAt)),
  ];
  return wide ? [...basic, strategy ?? '?', requestedBy ?? '-', sentence] : basic;
};

/** The runs as a table, newest first; the one that is going on comes before them. */
export const renderHistory = ({ current, runs }: HistoryView, options: Options): readonly string[] => {
  const { style, now, wide } = options;
  const going =
    current === undefined
      ? []
      : [
          [
            current.id,
            current.version,
            `${mark('progressing', style)} going on`,
            '-',
            ageOf(now - Date.parse(current.startedAt)),
            ...(wide ? ['', '', '', '', '', '', ''] : ['', '', '', '']),
          ],
        ];
  const rows = [...going, ...runs.map((run) => cells(run, options))];
  return rows.length === 0 ? ['No run yet'] : renderTable(wide ? [...HEAD, ...WIDE] : HEAD, { rows, style });
};
