import type { BadRelease } from './bad-release.ts';
import { type Measure, spreadOf, spreadText } from './measure.ts';

const NEVER_HELD = { held: undefined, unit: 'ms' } as const;

/** What bad releases in real time show. */
export const releaseTimes = (releases: readonly BadRelease[]): readonly Measure[] => {
  const took = (of: (release: BadRelease) => number) => spreadOf(releases.map(of));
  const sample = took(({ breached, withdrawn }) => withdrawn - breached);
  const own = took(({ windowEnd, withdrawn }) => withdrawn - windowEnd);
  const exposed = took(({ exposed, withdrawn }) => withdrawn - exposed);
  const commits = took(({ decided, committed }) => committed - decided);
  const failures = took(({ failures }) => failures);
  const several = `${releases.length} releases`;
  return [
    {
      ...NEVER_HELD,
      name: 'Breaching sample stored → weight 0 written',
      budget: '< 1 s',
      value: sample.max,
      detail: `most of ${several}: ${spreadText(sample)}; the wait for the end of the 1 s window that the sample is in, and the next line`,
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
      name: 'Users exposed → weight 0 written',
      budget: '',
      value: exposed.max,
      detail: `most of ${several}: ${spreadText(exposed)}; accepted by the plane, 3 s of settling whose samples do not count, one window of 1 s`,
    },
    {
      name: 'Failed requests, 50 % bad, in real time: 5 % first, threshold 1',
      budget: '≤ 15',
      value: failures.max,
      unit: 'requests',
      held: undefined,
      detail: `most of ${several}: ${spreadText(failures)}; 50 rps, scrape and interval 1 s`,
    },
    {
      ...NEVER_HELD,
      name: 'Failure verdict → revert on the remote',
      budget: '< 1 s',
      value: commits.max,
      detail: `most of ${several}: ${spreadText(commits)}; from the status with the outcome to the end of the push over HTTP`,
    },
  ];
};
