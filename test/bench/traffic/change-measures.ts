import { type Measure, numberText } from '../measure.ts';
import { quantile, quantilesText } from './distribution.ts';
import type { MeasuredPlane } from './planes.ts';
import { POLL_MS } from './polling.ts';
import type { WeightChange } from './weight-changes.ts';

const tenths = (values: readonly number[]): readonly number[] => values.map((ms) => Math.round(ms * 10) / 10);

/** What the changes of one plane say: times, and the requests that were lost on the way. */
export const changeMeasures = ({ plane, by }: MeasuredPlane, changes: readonly WeightChange[]): readonly Measure[] => {
  if (changes.length === 0) return [];
  const time = (name: string, of: (change: WeightChange) => number): Measure => {
    const [all, up, down] = [undefined, 100, 0].map((to) =>
      tenths(changes.filter((change) => to === undefined || change.to === to).map(of)),
    );
    const ways = [up ?? [], down ?? []].map((way) => (way.length === 0 ? '' : numberText(quantile(way, 0.5))));
    return {
      name: `${plane}: weight written → ${name}`,
      budget: '',
      value: quantile(all ?? [], 0.5),
      unit: 'ms',
      held: undefined,
      detail: `${quantilesText(all ?? [])}; to 100 % ${ways[0]}, to 0 % ${ways[1]}; ${changes.length} changes, an answer every ${POLL_MS} ms; ${by}`,
    };
  };
  const failed = changes.reduce((sum, change) => sum + change.failed, 0);
  const answers = changes.reduce((sum, change) => sum + change.answers, 0);
  const most = Math.max(...changes.map(({ objectsWritten }) => objectsWritten));
  return [
    time('first answer of the new side', ({ firstNewMs }) => firstNewMs),
    time('last answer of the old side', ({ lastOldMs }) => lastOldMs),
    {
      name: `${plane}: requests lost in ${changes.length} changes`,
      budget: '0',
      value: failed,
      unit: 'requests',
      held: failed === 0,
      detail: `of ${answers}`,
    },
    {
      name: `${plane}: objects written per change`,
      budget: '1',
      value: most,
      unit: 'objects',
      held: most === 1,
      detail: `most of ${changes.length}; the write took ${quantilesText(tenths(changes.map(({ writeMs }) => writeMs)))} ms`,
    },
  ];
};
