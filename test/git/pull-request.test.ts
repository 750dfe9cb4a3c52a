import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pullRequestBranch } from '#src/git/pull-request.ts';
import { FakeHost } from './fake-host.ts';
import { DEVELOPER, type GitRig, gitRig } from './git-rig.ts';
import { BAD, DEPLOYMENT, GOOD, revertOperation } from './operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';
const operation = revertOperation({ via: 'commitOrPullRequest' });
const branch = pullRequestBranch(operation);

const protectedRig = async (t: TestContext): Promise<GitRig & { readonly host: FakeHost }> => {
  const rig = await gitRig(t);
  await rig.repository.refusePushes('branch main is protected');
  const host = new FakeHost(rig.repository);
  return { ...rig, host, access: rig.accessWith({}, { host }) };
};

test('a refused push becomes a pull request that says why', async (t) => {
  const { engine, access, host, repository } = await protectedRig(t);
  const commit = (): Promise<string | undefined> => repository.head(branch);
  const result = await engine.commit(operation, access);
  assert.equal(branch, `serin/shop/podinfo/${operation.id.slice(0, 12)}`);
  assert.deepEqual(result, { state: 'PullRequest', url: 'https://host/pulls/1', commit: await commit() });
  const diff = await repository.git(['diff', `main...${branch}`, '--', 'apps']);
  assert.match(diff, new RegExp(`\n-.*${BAD}.*\n\\+.*${GOOD}`));
  const body = host.requests[0]?.body ?? '';
  assert.match(body, /request-success-rate 48\.2 % is below 99 %/);
  assert.match(body, /because the host refuses commits to branch main .*branch main is protected/s);
  assert.ok(body.endsWith(`<!-- serin-operation: ${operation.id} ${operation.decidedAt} -->`));
});

test('the same operation adopts its pull request, also from another engine and after the base moved', async (t) => {
  const { engine, secondEngine, access, host, repository } = await protectedRig(t);
  const first = await engine.commit(operation, access);
  await repository.commitFiles({ files: { 'README.md': 'new' }, message: 'Docs', author: DEVELOPER });
  assert.deepEqual(await engine.commit(operation, access), first);
  assert.deepEqual(await secondEngine().commit(operation, access), first);
  assert.equal(host.requests.length, 1);
});

test('a branch that was pushed before a crash is adopted', async (t) => {
  const { engine, access, host, repository } = await protectedRig(t);
  const tip = (await repository.head()) ?? '';
  await repository.git(['update-ref', `refs/heads/${branch}`, tip]);
  assert.deepEqual(await engine.commit(operation, access), {
    state: 'PullRequest',
    url: 'https://host/pulls/1',
    commit: tip,
  });
  assert.equal(host.requests.length, 1);
});

test('merged is done; closed is a person’s decision', async (t) => {
  const { engine, access, host } = await protectedRig(t);
  await engine.commit(operation, access);
  host.settle(1, { state: 'merged', mergeCommit: 'f'.repeat(40) });
  assert.deepEqual(await engine.commit(operation, access), { state: 'Pushed', commit: 'f'.repeat(40) });
  host.settle(1, { state: 'closed' });
  const declined = await engine.commit(operation, access);
  assert.equal(declined.state === 'Refused' ? declined.reason : declined.state, 'Declined');
  assert.equal(host.requests.length, 1);
});

test('a newer operation closes the older pull request of the same Canary only', async (t) => {
  const { engine, access, host } = await protectedRig(t);
  await engine.commit(operation, access);
  const newer = revertOperation({
    ...operation,
    id: 'e'.repeat(64),
    decidedAt: operation.decidedAt + 60_000,
    run: { hash: 'n' },
  });
  await engine.commit(newer, access);
  assert.deepEqual(
    host.requests.map(({ state }) => state),
    ['closed', 'open'],
  );
  const older = await engine.commit(operation, access);
  assert.equal(older.state === 'Refused' ? older.reason : older.state, 'Declined');
  assert.deepEqual(
    host.requests.map(({ state }) => state),
    ['closed', 'open'],
  );
});

test('asked for from the start, nothing is pushed to the branch itself', async (t) => {
  const { engine, accessWith, repository } = await gitRig(t);
  const before = await repository.head();
  const result = await engine.commit(
    revertOperation({ via: 'pullRequest' }),
    accessWith({}, { host: new FakeHost(repository) }),
  );
  assert.equal(result.state, 'PullRequest');
  assert.equal(await repository.head(), before);
});

test('nothing to change opens no pull request', async (t) => {
  const { engine, accessWith, repository } = await gitRig(t, { files: { [MANIFEST]: DEPLOYMENT.replace(BAD, GOOD) } });
  const host = new FakeHost(repository);
  const result = await engine.commit(revertOperation({ via: 'pullRequest' }), accessWith({}, { host }));
  assert.equal(result.state, 'AlreadyApplied');
  assert.equal(host.requests.length, 0);
});

test('what image automation would bump back goes through a pull request where that is allowed', async (t) => {
  const files = { [MANIFEST]: DEPLOYMENT.replace('# set by the release job', '# {"$imagepolicy": "shop:podinfo"}') };
  const { engine, accessWith, repository } = await gitRig(t, { files });
  const host = new FakeHost(repository);
  assert.equal((await engine.commit(operation, accessWith({}, { host }))).state, 'PullRequest');
  assert.match(host.requests[0]?.body ?? '', /because .*image automation sets this field/);
});

test('without a provider it is refused with what to do', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  const asked = await engine.commit(revertOperation({ via: 'pullRequest' }), access);
  assert.equal(asked.state === 'Refused' ? asked.reason : asked.state, 'NoProvider');
  await repository.refusePushes('branch main is protected');
  const refused = await engine.commit(operation, access);
  assert.equal(refused.state === 'Refused' ? refused.reason : refused.state, 'PushRefused');
});
