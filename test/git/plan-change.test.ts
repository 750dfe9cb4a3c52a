import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { type Plan, planChange } from '#src/git/plan-change.ts';
import type { GitOperation } from '#src/rollout/effect.ts';
import { MemoryFiles } from '#src/sandbox/git/memory-files.ts';
import { BAD, DEPLOYMENT, GOOD, recordOperation, revertOperation } from './operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';
const RECORD = '.serin/eu-1/shop/podinfo';
type Files = Readonly<Record<string, string>>;

const plan = (operation: GitOperation, files: Files = { [MANIFEST]: DEPLOYMENT }, root = ''): Promise<Plan> =>
  planChange(operation, { files: new MemoryFiles(files), root });

/** The files after an operation that must change something. */
const after = async (operation: GitOperation, files?: Files): Promise<Files> => {
  const made = await plan(operation, files);
  assert.equal(made.state, 'Change');
  const changes = made.state === 'Change' ? made.changes : new Map<string, Buffer>();
  return {
    ...(files ?? { [MANIFEST]: DEPLOYMENT }),
    ...Object.fromEntries([...changes].map(([path, bytes]) => [path, bytes.toString()])),
  };
};

const reasonOf = (made: Plan): string => (made.state === 'Refused' ? `${made.reason}: ${made.detail}` : made.state);

test('a promoted revision becomes the stable pointer, and its quarantine ends', async () => {
  const rejected = await after(revertOperation());
  const record = load((await after(recordOperation(), rejected))[RECORD] ?? '');
  assert.partialDeepStrictEqual(record, { stable: { revision: 'bad1', outcome: 'Promoted', run: 'bad1-1' } });
  assert.ok(!Object.hasOwn(Object(record), 'quarantine'));
});

test('a record keeps what somebody has added to it, and 20 rejected revisions at most', async () => {
  let files: Files = { [MANIFEST]: DEPLOYMENT, [RECORD]: 'owner: team-a\n' };
  for (let index = 0; index < 25; index++) {
    const run = { revision: `r${index}`, hash: `h${index}`, outcome: 'RolledBack' } as const;
    files = await after(recordOperation({ run }), files);
  }
  const record = load(files[RECORD] ?? '');
  assert.partialDeepStrictEqual(record, { owner: 'team-a' });
  const { quarantine } = Object(record);
  assert.deepEqual([quarantine.length, quarantine[0].revision, quarantine[19].revision], [20, 'r5', 'r24']);
});

test('the same record twice is already applied', async () => {
  assert.equal(reasonOf(await plan(recordOperation(), await after(recordOperation()))), 'AlreadyApplied');
});

test('somebody has reverted already: nothing to do, not even a record', async () => {
  assert.equal(
    reasonOf(await plan(revertOperation(), { [MANIFEST]: DEPLOYMENT.replace(BAD, GOOD) })),
    'AlreadyApplied',
  );
});

test('two containers: only those that still hold the old image change', async () => {
  const two = `${DEPLOYMENT}        - { name: proxy, image: "proxy:2" }\n`;
  const edits = [
    { container: 'podinfo', from: BAD, to: GOOD },
    { container: 'proxy', from: 'proxy:2', to: 'proxy:1' },
  ];
  const both = two.replace(BAD, GOOD).replace('proxy:2', 'proxy:1');
  assert.equal((await after(revertOperation({ edits }), { [MANIFEST]: two }))[MANIFEST], both);
  assert.equal((await after(revertOperation({ edits }), { [MANIFEST]: two.replace(BAD, GOOD) }))[MANIFEST], both);
  const newer = two.replace('proxy:2', 'proxy:3');
  assert.equal(reasonOf(await plan(revertOperation({ edits }), { [MANIFEST]: newer })), 'Superseded');
});

const REFUSED: readonly [name: string, operation: GitOperation, files: Files, reason: RegExp][] = [
  [
    'an image in two files, naming both',
    revertOperation(),
    { 'apps/podinfo/a.yaml': DEPLOYMENT, 'apps/podinfo/b.yaml': DEPLOYMENT },
    /^Ambiguous: the image of container podinfo of Deployment shop\/podinfo stands in apps\/podinfo\/a\.yaml:11 and in apps\/podinfo\/b\.yaml:11, want it in one place$/,
  ],
  [
    'a path that does not exist',
    revertOperation({ path: 'apps/podinfos' }),
    { [MANIFEST]: DEPLOYMENT },
    /^PathNotFound: path "apps\/podinfos" does not exist, want the folder of the target's manifests: did you mean "apps\/podinfo"\?$/,
  ],
  ['a path out of the root', revertOperation({ path: '../other' }), { [MANIFEST]: DEPLOYMENT }, /^InvalidPath: /],
  [
    'a field that image automation sets',
    revertOperation(),
    { [MANIFEST]: DEPLOYMENT.replace('# set by the release job', '# {"$imagepolicy": "shop:podinfo"}') },
    /^AutomationOwned: apps\/podinfo\/deployment\.yaml:11: /,
  ],
  ['a release that changed no image', revertOperation({ edits: [] }), {}, /^NoImageChange: .* reverted by hand$/],
  ['a record that somebody has broken', recordOperation(), { [RECORD]: 'a: [' }, /^RecordUnreadable: /],
  [
    'a file that the editor does not touch, naming it and the line',
    revertOperation(),
    { [MANIFEST]: `${DEPLOYMENT}# {{ template }}\n` },
    /^NotEditable: apps\/podinfo\/deployment\.yaml:13: it is a template/,
  ],
];
for (const [name, operation, files, reason] of REFUSED) {
  test(`refuses ${name}`, async () => assert.match(reasonOf(await plan(operation, files)), reason));
}

test('what comes again after its revert is not reverted twice, but may become a pull request', async () => {
  const again = { ...(await after(revertOperation())), [MANIFEST]: DEPLOYMENT };
  const repeat = revertOperation({ id: 'd'.repeat(64) });
  assert.match(reasonOf(await plan(repeat, again)), /^RevertLoop: /);
  const reviewed = await plan({ ...repeat, via: 'commitOrPullRequest' }, again);
  assert.equal(reviewed.state === 'Change' ? reviewed.review?.reason : '', 'RevertLoop');
});

test('never goes back to a revision that was rejected itself', async () => {
  const earlier = { revision: 'good1', images: { podinfo: GOOD }, outcome: 'RolledBack' } as const;
  const files = await after(recordOperation({ run: earlier }));
  assert.match(reasonOf(await plan(revertOperation(), files)), /^RevertOfRevert: revision good1/);
});
