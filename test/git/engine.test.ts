import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { GitError } from '#src/git/git-error.ts';
import { commitsOf, DEVELOPER, gitRig } from './git-rig.ts';
import { BAD, DEPLOYMENT, GOOD, numbered, recordOperation, revertOperation } from './operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';
const RECORD = '.serin/eu-1/shop/podinfo';

test('reverts one field and records the rejected revision in one commit', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  const result = await engine.commit(revertOperation(), access);
  assert.equal(result.state, 'Pushed');
  const head = (await repository.head()) ?? '';
  const files = await repository.readFiles(head, '');
  assert.equal(files.get(MANIFEST), DEPLOYMENT.replace(BAD, GOOD));
  const record = load(files.get(RECORD) ?? '');
  assert.partialDeepStrictEqual(record, {
    canary: 'eu-1/shop/podinfo',
    quarantine: [{ revision: 'bad1', images: { podinfo: BAD }, run: 'bad1-2', outcome: 'RolledBack' }],
  });
  assert.equal(
    await repository.git(['log', '-1', '--format=%an <%ae> %cI%n%B', 'main']),
    `Serin <serin@example.com> 2026-11-21T08:00:00+00:00
Revert podinfo to 6.7.0: request-success-rate 48.2 % is below 99 %

Rolled back at 10 %: request-success-rate 48.2 % is below 99 %.

[skip ci]

Serin-Operation: ${revertOperation().id}
Serin-Outcome: RolledBack
Serin-Canary: eu-1/shop/podinfo
Serin-Run: bad1-2
Serin-From: ${BAD}
Serin-To: ${GOOD}
Serin-Source: ${'c'.repeat(40)}
Serin-Reverts: ${'c'.repeat(40)}

`,
  );
});

test('the same operation again, from the same or another engine, makes no second commit', async (t) => {
  const { engine, secondEngine, access, repository } = await gitRig(t);
  const operation = revertOperation();
  const [first, twin] = await Promise.all([engine.commit(operation, access), engine.commit(operation, access)]);
  const again = await engine.commit(operation, access);
  const elsewhere = await secondEngine().commit(operation, access);
  assert.equal(first.state, 'Pushed');
  for (const result of [twin, again, elsewhere]) assert.deepEqual(result, first);
  assert.equal(await commitsOf(repository, operation.id), 1);
});

test('finds its commit again below later ones, though its fields have changed since', async (t) => {
  const { engine, secondEngine, access, repository } = await gitRig(t);
  const operation = revertOperation();
  const first = await engine.commit(operation, access);
  for (let index = 0; index < 5; index++) {
    const files = { [MANIFEST]: DEPLOYMENT, [RECORD]: `canary: ${index}\n` };
    await repository.commitFiles({ files, message: `Change ${index}`, author: DEVELOPER });
  }
  assert.deepEqual(await secondEngine().commit(operation, access), first);
});

test('a newer version is never reverted, also when the mirror has not seen it yet', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  await engine.commit(recordOperation(), access);
  const files = { [MANIFEST]: DEPLOYMENT.replace('6.8.0', '6.9.0') };
  const tip = await repository.commitFiles({ files, message: 'Release 6.9.0', author: DEVELOPER });
  const result = await engine.commit(revertOperation(), access);
  assert.equal(result.state, 'Superseded');
  assert.match(result.state === 'Superseded' ? result.detail : '', /deployment\.yaml.* asks for .*:6\.9\.0, neither/);
  assert.equal(await repository.head(), tip);
});

test('an old mirror never takes an old value for the truth', async (t) => {
  const { engine, access, repository } = await gitRig(t, { files: { [MANIFEST]: DEPLOYMENT.replace(BAD, GOOD) } });
  await engine.commit(recordOperation(), access);
  await repository.commitFiles({ files: { [MANIFEST]: DEPLOYMENT }, message: 'Release', author: DEVELOPER });
  assert.equal((await engine.commit(revertOperation(), access)).state, 'Pushed');
});

test('records wait for company and share a commit; a failure takes all that waits along at once', async (t) => {
  const { engine, access, repository } = await gitRig(t);
  const records = [1, 2, 3].map((number) => numbered(recordOperation(), number));
  const results = Promise.all(records.map((operation) => engine.commit(operation, access)));
  const revert = await engine.commit(revertOperation(), access);
  for (const result of await results) assert.deepEqual(result, revert);
  const subject = await repository.git(['log', '-1', '--format=%s', 'main']);
  assert.equal(subject, 'Record 4 outcomes\n');
  for (const { id } of records) assert.equal(await commitsOf(repository, id), 1);
});

test('one operation that cannot be done holds nobody up in its commit', async (t) => {
  const { engine, access } = await gitRig(t);
  const bad = numbered(revertOperation({ path: 'nowhere' }), 1);
  const [record, refused, revert] = await Promise.all([
    engine.commit(recordOperation({ canary: { namespace: 'shop', name: 'other' } }), access),
    engine.commit(bad, access),
    engine.commit(revertOperation(), access),
  ]);
  assert.deepEqual([record.state, refused.state, revert.state], ['Pushed', 'Refused', 'Pushed']);
});

test('stays below the root of the Repository', async (t) => {
  const files = { 'clusters/eu-1/apps/podinfo/deployment.yaml': DEPLOYMENT, [MANIFEST]: DEPLOYMENT };
  const { engine, accessWith, repository } = await gitRig(t, { files });
  assert.equal((await engine.commit(revertOperation(), accessWith({ root: 'clusters/eu-1' }))).state, 'Pushed');
  const changed = await repository.git(['diff', '--name-only', 'main~1', 'main']);
  assert.equal(changed, 'clusters/eu-1/.serin/eu-1/shop/podinfo\nclusters/eu-1/apps/podinfo/deployment.yaml\n');
  const outside = await engine.commit(
    numbered(revertOperation({ path: '../../apps/podinfo' }), 1),
    accessWith({ root: 'clusters/eu-1' }),
  );
  assert.equal(outside.state === 'Refused' ? outside.reason : outside.state, 'InvalidPath');
});

test('no more reverts in an hour than the Repository allows', async (t) => {
  const names = ['podinfo', 'podinfo-1', 'podinfo-2'];
  const files = Object.fromEntries(
    names.map((name) => [`apps/${name}/deployment.yaml`, DEPLOYMENT.replace('name: podinfo', `name: ${name}`)]),
  );
  const { engine, accessWith } = await gitRig(t, { files });
  const access = accessWith({ maxRevertsPerHour: 2 });
  const states: string[] = [];
  for (const [index, name] of names.entries()) {
    const target = { kind: 'Deployment', name };
    const operation = numbered(revertOperation({ path: `apps/${name}`, target }), index);
    const result = await engine.commit(operation, access);
    states.push(result.state === 'Refused' ? result.reason : result.state);
  }
  assert.deepEqual(states, ['Pushed', 'Pushed', 'TooManyReverts']);
});

test('a branch that is not there is worth another try, and says so', async (t) => {
  const { engine, access } = await gitRig(t);
  await assert.rejects(engine.commit(revertOperation({ branch: 'release' }), access), (error) => {
    assert.ok(error instanceof GitError);
    assert.equal(error.kind, 'config');
    assert.match(error.message, /^Cannot find branch release in http:.*: want one with a commit$/);
    return true;
  });
});
