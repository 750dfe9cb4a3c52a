import type { BadRelease } from './bad-release.ts';
import { type Measure, spreadOf, spreadText } from './measure.ts';

const NEVER_HELD = { held: undefined, unit: 'ms' } as const;

/** What bad releases in real time show; the first of them found Git cold. */
export const releaseTimes = (releases: readonly BadRelease[]): readonly Measure[] => {
  const took = (of: (release: BadRelease) => number) => spreadOf(releases.map(of));
  const [first] = releases;
  const cold = first === undefined ? Number.NaN : first.committed - first.decided;
  const sample = took(({ breached, withdrawn }) => withdrawn - breached);
  const own = took(({ windowEnd, withdrawn }) => withdrawn - windowEnd);
  const exposed = took(({ exposed, withdrawn }) => withdrawn - exposed);
  const commits = spreadOf(releases.slice(1).map(({ decided, committed }) => committed - decided));
  const failures = took(({ failures }) => failures);
  const several = `${releases.length} releases`;
  return [
    {
      ...NEVER_HELD,
      name: 'Breaching sample stored → weight 0 written',
      budget: '< 1 s',
      value: sample.max,
      detail: `most of ${several}: ${spreadText(sample)}; the wait for the end of its 1 s window and the next line`,
    },
    {
      ...NEVER_HELD,
      name: 'End of the failing window → weight 0 written',
      budget: '',
      value: own.max,
      detail: `most of ${several}: ${spreadText(own)}; Prometheus asked, judged, route written`,
    },
    {
      ...NEVER_HELD,
      name: 'First weight written → weight 0 written',
      budget: '',
      value: exposed.max,
      detail: `most of ${several}: ${spreadText(exposed)}; the plane accepts, 3 s of settling, one window of 1 s`,
    },
    {
      name: 'Failed requests, 50 % bad, in real time: 5 % first, threshold 1',
      budget: '≤ 15',
      value: failures.max,
      unit: 'requests',
      held: failures.max <= 15,
      detail: `most of ${several}: ${spreadText(failures)}; 50 rps, scrape and interval 1 s`,
    },
    {
      ...NEVER_HELD,
      name: 'Failure verdict → revert on the remote, warm',
      budget: '< 1 s',
      value: commits.max,
      detail: `most of ${releases.length - 1} releases: ${spreadText(commits)}; cold ${cold} ms; status written → push done, smart HTTP`,
    },
  ];
};
