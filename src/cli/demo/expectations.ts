import type { LoadCount } from '../../sandbox/load/load-count.ts';
import type { Received } from './receiver.ts';
import type { Expectation, Release } from './report.ts';

/** Most requests that the bad version may fail: DESIGN §8 allows 15 at 50 requests a second. */
export const MOST_FAILURES = 15;

export type Seen = {
  readonly releases: readonly Release[];
  readonly takeOver: LoadCount;
  readonly total: LoadCount;
  readonly messages: readonly Received[];
  /** Image that Git asked for, and that the cluster's target asked for, after the revert. */
  readonly reverted: { readonly git: boolean; readonly target: string };
  /** Outcome trailers of Serin's commits, oldest first. */
  readonly outcomesInGit: readonly string[];
};

const expect = (name: string, held: boolean, detail: string): Expectation => ({ name, held, detail });

const release = (seen: Seen, version: string): Release | undefined =>
  seen.releases.find((one) => one.version === version);

const outcomeIs = (seen: Seen, version: string, wanted: Release['outcome']): Expectation => {
  const found = release(seen, version);
  return expect(`${version} ends as ${wanted}`, found?.outcome === wanted, found?.sentence ?? 'it never ended');
};

/** What the story claims, held against what was seen. */
export const judgeStory = (seen: Seen): readonly Expectation[] => {
  const { takeOver, total, messages, reverted, outcomesInGit } = seen;
  const bad = total.versions['6.2.0'];
  const others = total.failures - (bad?.failures ?? 0);
  const repeated = messages.filter(
    (message, index) =>
      messages.findIndex((one) => one.receiver === message.receiver && one.id === message.id) !== index,
  );
  const told = messages.filter(({ receiver, topic }) => receiver === 'webhook' && topic === 'outcome').length;
  const good = release(seen, '6.1.0');
  return [
    expect(
      'the take-over loses no request',
      takeOver.requests > 0 && takeOver.failures === 0,
      `${takeOver.failures} of ${takeOver.requests} requests failed`,
    ),
    outcomeIs(seen, '6.1.0', 'Promoted'),
    expect('6.1.0 is shifted step by step', good?.weights.join() === '5,30,60', `weights ${good?.weights.join(', ')}`),
    outcomeIs(seen, '6.2.0', 'RolledBack'),
    expect(
      `6.2.0 fails at most ${MOST_FAILURES} requests`,
      bad !== undefined && bad.failures > 0 && bad.failures <= MOST_FAILURES,
      `${bad?.failures} of ${bad?.requests} requests failed`,
    ),
    expect('Git asks for 6.1.0 again, by a commit of Serin', reverted.git, 'the manifest at the tip'),
    expect(
      'the agent applies the revert',
      reverted.target.endsWith(':6.1.0'),
      `the target asks for ${reverted.target}`,
    ),
    outcomeIs(seen, '6.3.0', 'Superseded'),
    outcomeIs(seen, '6.4.0', 'Promoted'),
    expect('no request fails but those of 6.2.0', others === 0, `${others} of ${total.requests} failed elsewhere`),
    expect(
      'Git holds one commit for each outcome that has one',
      outcomesInGit.join() === 'Promoted,RolledBack,Promoted',
      outcomesInGit.join(', '),
    ),
    expect('every outcome is told', told === seen.releases.length, `${told} of ${seen.releases.length}`),
    expect('nothing is told twice', repeated.length === 0, `${repeated.length} repeated`),
  ];
};
