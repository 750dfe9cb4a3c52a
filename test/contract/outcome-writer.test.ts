import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OutcomeWriter } from '#src/git/engine.ts';
import type { RepositoryAccess } from '#src/git/repository-access.ts';
import { MemoryGit } from '#src/sandbox/git/memory-git.ts';
import { DEVELOPER, gitRig } from '../git/git-rig.ts';
import { anInspection, BAD, DEPLOYMENT, GOOD, recordOperation, revertOperation } from '../git/operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';
const RECORD = '.serin/eu-1/shop/podinfo';

type Subject = {
  readonly writer: OutcomeWriter;
  readonly access: RepositoryAccess;
  readonly push: (files: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly files: () => Promise<ReadonlyMap<string, string>>;
  readonly protect: (words: string) => Promise<void>;
};

const subjects: Readonly<Record<string, (t: TestContext) => Promise<Subject>>> = {
  GitEngine: async (t) => {
    const { engine, access, repository } = await gitRig(t);
    return {
      writer: engine,
      access,
      push: (files) => repository.commitFiles({ files, message: 'Change', author: DEVELOPER }),
      files: async () => repository.readFiles((await repository.head()) ?? '', ''),
      protect: (words) => repository.refusePushes(words),
    };
  },
  MemoryGit: async (t) => {
    const { access } = await gitRig(t);
    const git = new MemoryGit();
    git.push({ files: { [MANIFEST]: DEPLOYMENT, 'README.md': '# Config\n' }, message: 'Release' });
    return {
      writer: git,
      access,
      push: async (files) => git.push({ files, message: 'Change' }),
      files: async () => git.readFiles((await git.head()) ?? '', ''),
      protect: async (words) => {
        git.protection = words;
      },
    };
  },
};

for (const [name, make] of Object.entries(subjects)) {
  test(`${name}: a revert and a record change their files, once each`, async (t) => {
    const { writer, access, files } = await make(t);
    const reverted = await writer.commit(revertOperation(), access);
    assert.equal(reverted.state, 'Pushed');
    assert.deepEqual(await writer.commit(revertOperation(), access), reverted);
    assert.equal((await writer.commit(recordOperation(), access)).state, 'Pushed');
    const now = await files();
    assert.equal(now.get(MANIFEST), DEPLOYMENT.replace(BAD, GOOD));
    assert.match(now.get(RECORD) ?? '', /^stable:$/m);
    assert.deepEqual([...now.keys()].sort(), [RECORD, 'README.md', MANIFEST].sort());
  });

  test(`${name}: done by hand, overtaken, ambiguous, protected`, async (t) => {
    const { writer, access, push, protect } = await make(t);
    await protect('branch main is protected');
    const refused = await writer.commit(revertOperation(), access);
    assert.equal(refused.state === 'Refused' ? refused.reason : refused.state, 'PushRefused');
    assert.match(refused.state === 'Refused' ? refused.detail : '', /branch main is protected/);
    await push({ [MANIFEST]: DEPLOYMENT.replace(BAD, GOOD) });
    assert.equal((await writer.commit(revertOperation(), access)).state, 'AlreadyApplied');
    await push({ [MANIFEST]: DEPLOYMENT.replace('6.8.0', '7.0.0') });
    assert.equal((await writer.commit(revertOperation(), access)).state, 'Superseded');
    await push({ [MANIFEST]: DEPLOYMENT, 'apps/podinfo/copy.yaml': DEPLOYMENT });
    const ambiguous = await writer.commit(revertOperation(), access);
    assert.equal(ambiguous.state === 'Refused' ? ambiguous.reason : ambiguous.state, 'Ambiguous');
  });

  test(`${name}: an inspection says what would keep an outcome out, and that it is mended`, async (t) => {
    const { writer, access, push } = await make(t);
    const problems = async (inspection = anInspection()): Promise<readonly string[]> =>
      (await writer.inspect(inspection, access)).map(({ where, message }) => `${where}: ${message}`);
    assert.deepEqual(await problems(), []);
    assert.match((await problems(anInspection({ path: 'apps/other' }))).join(), /^spec\.git\.path: .*does not exist/);
    assert.match(
      (await problems(anInspection({ branch: 'release' }))).join(),
      /^Repository shop\/config: Cannot find branch release in .*: want one with a commit$/,
    );
    await push({ 'apps/podinfo/copy.yaml': DEPLOYMENT });
    assert.deepEqual(await problems(), [
      `spec.git.path: Branch main of Repository shop/config: the image of container podinfo of Deployment shop/podinfo stands in apps/podinfo/copy.yaml:11 and in ${MANIFEST}:11, want it in one place`,
    ]);
    await push({ 'apps/podinfo/copy.yaml': 'kind: ConfigMap\n' });
    assert.deepEqual(await problems(), []);
  });

  test(`${name}: an inspection that does not come to its end rejects, and is no obstacle to the next`, async (t) => {
    const { writer, access } = await make(t);
    const abort = AbortSignal.abort();
    await assert.rejects(writer.inspect(anInspection(), access, abort), { name: 'GitError', kind: 'network' });
    assert.deepEqual(await writer.inspect(anInspection(), access), []);
  });
}
