import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitsOf, DEVELOPER, gitRig } from './git-rig.ts';
import { DEPLOYMENT, numbered, revertOperation } from './operation.ts';

const deep = process.env['SERIN_DEEP'] === '1';
const COUNT = deep ? 200 : 8;

test(`${COUNT} reverts against a competing writer: all there, history linear, nothing lost`, async (t) => {
  const names = Array.from({ length: COUNT }, (_, index) => `podinfo-${index}`);
  const files = Object.fromEntries(
    names.map((name) => [`apps/${name}/deployment.yaml`, DEPLOYMENT.replace('name: podinfo', `name: ${name}`)]),
  );
  const { engine, accessWith, repository, server } = await gitRig(t, { files });
  const access = accessWith({ maxRevertsPerHour: 1000 });
  let foreign = 0;
  // Every other push finds that somebody was faster.
  server.onPush = async (moment) => {
    if (moment === 'after' || server.requests.length % 2 === 0) return;
    foreign++;
    await repository.commitFiles({ files: { [`other/${foreign}`]: 'x' }, message: 'Other work', author: DEVELOPER });
  };
  const operations = names.map((name, index) =>
    numbered(revertOperation({ path: `apps/${name}`, target: { kind: 'Deployment', name } }), index),
  );
  for (const operation of operations) assert.equal((await engine.commit(operation, access)).state, 'Pushed');
  for (const { id } of operations) assert.equal(await commitsOf(repository, id), 1);
  assert.ok(foreign > 0);
  assert.equal((await repository.log('%s')).split('\n').filter((line) => line === 'Other work').length, foreign);
  assert.doesNotMatch(await repository.log('%P'), / /);
  const tip = (await repository.head()) ?? '';
  for (const [path, text] of await repository.readFiles(tip, 'apps')) assert.match(text, /podinfo:6\.7\.0/, path);
});

test('two engines on one branch lose nothing of each other', async (t) => {
  const names = Array.from({ length: 6 }, (_, index) => `podinfo-${index}`);
  const files = Object.fromEntries(
    names.map((name) => [`apps/${name}/deployment.yaml`, DEPLOYMENT.replace('name: podinfo', `name: ${name}`)]),
  );
  const { engine, secondEngine, access, repository } = await gitRig(t, { files });
  const engines = [engine, secondEngine()];
  const operations = names.map((name, index) =>
    numbered(revertOperation({ path: `apps/${name}`, target: { kind: 'Deployment', name } }), index),
  );
  const results = await Promise.all(
    operations.map((operation, index) => engines[index % 2]?.commit(operation, access)),
  );
  for (const result of results) assert.equal(result?.state, 'Pushed');
  for (const { id } of operations) assert.equal(await commitsOf(repository, id), 1);
});
