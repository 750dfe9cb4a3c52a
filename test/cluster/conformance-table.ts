import { type CaseResult, readReport } from '#test/contract/kubernetes-api/report.ts';

type Outcome = 'passed' | 'failed' | 'left out' | 'not run';

type Row = { readonly group: string; readonly name: string; readonly outcomes: readonly Outcome[] };

/** Of the runs of one case, through several doors of one server, the worst counts. */
const outcomeOf = (runs: readonly CaseResult[]): Outcome => {
  if (runs.length === 0) return 'not run';
  if (runs.some(({ passed }) => !passed)) return 'failed';
  return runs.every(({ skipped }) => skipped === true) ? 'left out' : 'passed';
};

const rowsOf = (reports: readonly (readonly CaseResult[])[]): readonly Row[] => {
  const cases = new Map(reports.flat().map(({ group, name }) => [JSON.stringify([group, name]), { group, name }]));
  return [...cases.values()].map(({ group, name }) => ({
    group,
    name,
    outcomes: reports.map((results) =>
      outcomeOf(results.filter((result) => result.group === group && result.name === name)),
    ),
  }));
};

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const escaped = (text: string): string => text.replaceAll('|', '\\|');
const same = ({ outcomes: [first, ...others] }: Row): boolean => others.every((outcome) => outcome === first);

/** How many of `rows` passed on the server of that column, and what else became of them. */
const count = (rows: readonly Row[], column: number): string => {
  const of = (wanted: Outcome): number => rows.filter(({ outcomes }) => outcomes[column] === wanted).length;
  const others = (['failed', 'left out', 'not run'] as const).filter((outcome) => of(outcome) > 0);
  return [String(of('passed')), ...others.map((outcome) => `${of(outcome)} ${outcome}`)].join(', ');
};

/**
 * The reports of two servers as Markdown: for each group the cases and how many passed on either, then every case that
 * did not come to the same end on both.
 */
export const conformanceTable = (reports: {
  readonly sandbox: readonly CaseResult[];
  readonly real: readonly CaseResult[];
}): string => {
  const rows = rowsOf([reports.sandbox, reports.real]);
  const groups = Map.groupBy(rows, ({ group }) => group);
  const counted = [...groups, ['all', rows] as const].map(([group, some]) =>
    line([group, some.length, count(some, 0), count(some, 1)]),
  );
  const differences = rows.filter((row) => !same(row));
  const listed = differences.map(({ group, name, outcomes }) => line([`${group}: ${escaped(name)}`, ...outcomes]));
  return [
    line(['cases of', 'cases', 'sandbox', 'kube-apiserver']),
    '|---|---:|---:|---:|',
    ...counted,
    '',
    ...(differences.length === 0
      ? ['No case comes to another end on one than on the other.']
      : [line(['different', 'sandbox', 'kube-apiserver']), '|---|---|---|', ...listed]),
    '',
  ].join('\n');
};

if (import.meta.main) {
  const [sandbox = '', real = ''] = process.argv.slice(2);
  process.stdout.write(conformanceTable({ sandbox: readReport(sandbox), real: readReport(real) }));
}
