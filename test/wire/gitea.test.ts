import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import nock from 'nock';
import { GitError } from '#src/git/git-error.ts';
import { pullRequestHostOf } from '#src/git/providers/pull-request-host-of.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

nock.disableNetConnect();
afterEach(() => {
  assert.deepEqual(nock.pendingMocks(), []);
  nock.cleanAll();
});

const HEAD = 'serin/shop/podinfo/0123456789ab';
const host = () => {
  const url = 'https://git.example.com/shop/config.git';
  const made = pullRequestHostOf({ type: 'gitea' }, { url, token: 'marker', clock: new VirtualClock() });
  assert.ok(made);
  return made;
};
const api = (): nock.Scope =>
  nock('https://git.example.com', { reqheaders: { authorization: 'token marker', accept: 'application/json' } });
const PULLS = '/api/v1/repos/shop/config/pulls';
const pull = (number: number, more: object = {}): object => ({
  number,
  html_url: `https://git.example.com/shop/config/pulls/${number}`,
  state: 'open',
  merged: false,
  merge_commit_sha: null,
  head: { ref: HEAD, sha: 'a1' },
  base: { ref: 'main' },
  body: 'Why',
  ...more,
});
const page = (number: number, state = 'all'): Record<string, string> => ({
  state,
  sort: 'newest',
  limit: '50',
  page: String(number),
});

test('looks through the pages for its own head and base', async () => {
  const others = Array.from({ length: 50 }, (_, index) => pull(100 + index, { head: { ref: 'other', sha: 'x' } }));
  api().get(PULLS).query(page(1)).reply(200, others);
  const merged = pull(2, { state: 'closed', merged: true, merge_commit_sha: 'c3' });
  api()
    .get(PULLS)
    .query(page(2))
    .reply(200, [merged, pull(1, { base: { ref: 'release' } })]);
  assert.deepEqual(await host().find({ head: HEAD, base: 'main' }), [
    {
      number: 2,
      url: 'https://git.example.com/shop/config/pulls/2',
      state: 'merged',
      head: HEAD,
      headCommit: 'a1',
      base: 'main',
      body: 'Why',
      mergeCommit: 'c3',
    },
  ]);
});

test('creates one; 409 means that there is one', async () => {
  const request = { head: HEAD, base: 'main', title: 'Revert', body: 'Why' };
  api().post(PULLS, request).reply(201, pull(7));
  assert.equal((await host().create(request))?.number, 7);
  api().post(PULLS, request).reply(409, { message: 'pull request already exists for these targets' });
  assert.equal(await host().create(request), undefined);
  api().post(PULLS, request).reply(422, { message: 'branch does not exist' });
  await assert.rejects(host().create(request), (error) => error instanceof GitError && error.kind === 'config');
});

test('lists open ones and closes one', async () => {
  api()
    .get(PULLS)
    .query(page(1, 'open'))
    .reply(200, [pull(3), pull(4, { base: { ref: 'release' } })]);
  assert.deepEqual(
    (await host().open('main')).map(({ number }) => number),
    [3],
  );
  api()
    .patch(`${PULLS}/3`, { state: 'closed' })
    .reply(201, pull(3, { state: 'closed' }));
  await host().close(3);
});

test('an answer that is no list is an error to come back from', async () => {
  api().get(PULLS).query(true).reply(200, '<html>');
  await assert.rejects(host().open('main'), (error) => error instanceof GitError && error.kind === 'network');
});
