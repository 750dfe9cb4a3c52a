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
const clock = new VirtualClock();
const host = () => {
  const made = pullRequestHostOf(
    { type: 'github' },
    { url: 'git@github.com:shop/config.git', token: 'ghp_marker', clock },
  );
  assert.ok(made);
  return made;
};
const api = (): nock.Scope =>
  nock('https://api.github.com', {
    reqheaders: { authorization: 'Bearer ghp_marker', accept: 'application/vnd.github+json', 'user-agent': 'serin' },
  });
const pull = (number: number, more: object = {}): object => ({
  number,
  html_url: `https://github.com/shop/config/pull/${number}`,
  state: 'open',
  merged_at: null,
  merge_commit_sha: 'test-merge',
  head: { ref: HEAD, sha: 'a1' },
  base: { ref: 'main', sha: 'b2' },
  body: null,
  ...more,
});

test('finds pull requests by head and base in all states', async () => {
  api()
    .get('/repos/shop/config/pulls')
    .query({ head: `shop:${HEAD}`, base: 'main', state: 'all', per_page: '100' })
    .reply(200, [
      pull(1, { state: 'closed', merged_at: '2026-11-21T08:00:00Z', merge_commit_sha: 'c3' }),
      pull(2, { state: 'closed' }),
      pull(3),
      pull(4, { head: { ref: 'other', sha: 'x' } }),
    ]);
  const found = await host().find({ head: HEAD, base: 'main' });
  const common = { head: HEAD, headCommit: 'a1', base: 'main', body: '' };
  const url = 'https://github.com/shop/config/pull';
  assert.deepEqual(found, [
    { ...common, number: 1, url: `${url}/1`, state: 'merged', mergeCommit: 'c3' },
    { ...common, number: 2, url: `${url}/2`, state: 'closed' },
    { ...common, number: 3, url: `${url}/3`, state: 'open' },
  ]);
});

test('creates one; "already exists" is no error', async () => {
  const request = { head: HEAD, base: 'main', title: 'Revert', body: 'Why' };
  api().post('/repos/shop/config/pulls', request).reply(201, pull(7));
  assert.equal((await host().create(request))?.number, 7);
  const exists = {
    message: 'Validation Failed',
    errors: [{ message: `A pull request already exists for shop:${HEAD}.` }],
  };
  api().post('/repos/shop/config/pulls', request).reply(422, exists);
  assert.equal(await host().create(request), undefined);
  api()
    .post('/repos/shop/config/pulls', request)
    .reply(422, { message: 'Validation Failed', errors: [{ field: 'base' }] });
  await assert.rejects(host().create(request), (error) => error instanceof GitError && error.kind === 'config');
});

test('lists open ones and closes one', async () => {
  api()
    .get('/repos/shop/config/pulls')
    .query({ base: 'main', state: 'open', sort: 'created', direction: 'desc', per_page: '100' })
    .reply(200, [pull(3)]);
  assert.deepEqual(
    (await host().open('main')).map(({ number }) => number),
    [3],
  );
  api()
    .patch('/repos/shop/config/pulls/3', { state: 'closed' })
    .reply(200, pull(3, { state: 'closed' }));
  await host().close(3);
});

const failures: readonly [
  name: string,
  status: number,
  headers: Record<string, string>,
  kind: string,
  retryAfterMs?: number,
][] = [
  ['a bad token', 401, {}, 'auth'],
  ['a token without the right', 403, {}, 'auth'],
  ['a repository that the token does not see', 404, {}, 'config'],
  ['too many requests', 429, { 'retry-after': '30' }, 'network', 30_000],
  ['the secondary limit', 403, { 'retry-after': '60' }, 'network', 60_000],
  [
    'the primary limit',
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(clock.now() / 1000 + 90) },
    'network',
    90_000,
  ],
  ['a host in trouble', 502, {}, 'network'],
];
for (const [name, status, headers, kind, retryAfterMs] of failures) {
  test(`${name}: ${kind}`, async () => {
    api().get('/repos/shop/config/pulls').query(true).reply(status, { message: 'words of the host' }, headers);
    await assert.rejects(host().open('main'), (error) => {
      assert.ok(error instanceof GitError);
      assert.equal(error.kind, kind);
      assert.equal(error.retryAfterMs, retryAfterMs);
      assert.match(error.message, /^Cannot call GET https:\/\/api\.github\.com\/repos\/shop\/config\/pulls: status/);
      assert.doesNotMatch(error.message, /ghp_marker/);
      return true;
    });
  });
}

test('a host that never answers is given up on', async () => {
  api().get('/repos/shop/config/pulls').query(true).delay(60_000).reply(200, []);
  const asked = assert.rejects(host().open('main'), (error) => error instanceof GitError && error.kind === 'network');
  await clock.advance(15_000);
  await asked;
  nock.abortPendingRequests();
});

test('says what a provider lacks', () => {
  const url = 'https://github.com/shop/config';
  const make = (type: 'gitlab' | 'generic' | 'github', token?: string) =>
    pullRequestHostOf({ type }, { url, token, clock });
  assert.equal(make('generic'), undefined);
  assert.throws(() => make('gitlab', 't'), /provider gitlab: not supported yet/);
  assert.throws(() => make('github'), /its Secret lacks the key token/);
  assert.throws(
    () => pullRequestHostOf({ type: 'github' }, { url: 'https://github.com/config', token: 't', clock }),
    /owner\/repository/,
  );
  assert.throws(
    () => pullRequestHostOf({ type: 'github', apiUrl: 'http://api' }, { url, token: 't', clock }),
    /want https/,
  );
});
