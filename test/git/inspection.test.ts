import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GitError } from '#src/git/git-error.ts';
import { inspected, inspectFiles } from '#src/git/inspection.ts';
import { MemoryFiles } from '#src/sandbox/git/memory-files.ts';
import { anInspection, BAD, DEPLOYMENT } from './operation.ts';

const MANIFEST = 'apps/podinfo/deployment.yaml';
type Files = Readonly<Record<string, string>>;
type Inspection = Parameters<typeof anInspection>[0];

const inspect = async (
  files: Files,
  options: { readonly inspection?: Inspection; readonly root?: string; readonly reviewed?: boolean } = {},
): Promise<readonly string[]> => {
  const { inspection, root = '', reviewed = false } = options;
  const problems = await inspectFiles(anInspection(inspection), { files: new MemoryFiles(files), root, reviewed });
  assert.ok(problems.every(({ reason }) => reason === 'GitRefused'));
  return problems.map(({ where, message }) => `${where}: ${message}`);
};

const FINE: readonly [name: string, files: Files, options?: Parameters<typeof inspect>[1]][] = [
  ['a plain manifest, whatever version it asks for', { [MANIFEST]: DEPLOYMENT }],
  ['an image without tag', { [MANIFEST]: DEPLOYMENT.replace(BAD, 'podinfo') }],
  ['an image by its digest', { [MANIFEST]: DEPLOYMENT.replace(BAD, `podinfo@sha256:${'0'.repeat(64)}`) }],
  ['a path below the root', { [`eu-1/${MANIFEST}`]: DEPLOYMENT, [MANIFEST]: 'no: manifest\n' }, { root: 'eu-1' }],
  [
    'a tag in a kustomization',
    {
      'apps/podinfo/kustomization.yaml': `resources: [deployment.yaml]\nimages: [{ name: ${BAD.split(':')[0]}, newTag: "1" }]\n`,
      [MANIFEST]: DEPLOYMENT,
    },
  ],
  [
    'an image in two files where outcomes are only recorded',
    { 'apps/podinfo/a.yaml': DEPLOYMENT, 'apps/podinfo/b.yaml': DEPLOYMENT },
    { inspection: { revert: undefined } },
  ],
  [
    'image automation where a person sees the revert first',
    { [MANIFEST]: DEPLOYMENT.replace('# set by the release job', '# {"$imagepolicy": "shop:podinfo"}') },
    { inspection: { revert: { via: 'commitOrPullRequest', containers: ['podinfo'] } }, reviewed: true },
  ],
];
for (const [name, files, options] of FINE) {
  test(`finds nothing wrong with ${name}`, async () => assert.deepEqual(await inspect(files, options), []));
}

const BRANCH = 'Branch main of Repository shop/config';
const WRONG: readonly [name: string, files: Files, options: Parameters<typeof inspect>[1], problem: string][] = [
  [
    'a path that does not exist',
    { [MANIFEST]: DEPLOYMENT },
    { inspection: { path: 'apps/podinfos' } },
    `spec.git.path: ${BRANCH}: path "apps/podinfos" does not exist, want the folder of the target's manifests: did you mean "apps/podinfo"?`,
  ],
  [
    'a path that does not exist, where outcomes are only recorded',
    { [MANIFEST]: DEPLOYMENT },
    { inspection: { path: 'x', revert: undefined } },
    `spec.git.path: ${BRANCH}: path "x" does not exist, want the folder of the target's manifests`,
  ],
  [
    'a path out of the root',
    { [MANIFEST]: DEPLOYMENT },
    { inspection: { path: '../apps' } },
    `spec.git.path: ${BRANCH}: Path "/../apps" contains "..", want a path without .., .git and \\`,
  ],
  [
    'an image in two files',
    { 'apps/podinfo/a.yaml': DEPLOYMENT, 'apps/podinfo/b.yaml': `# copy\n${DEPLOYMENT}` },
    {},
    `spec.git.path: ${BRANCH}: the image of container podinfo of Deployment shop/podinfo stands in apps/podinfo/a.yaml:11 and in apps/podinfo/b.yaml:12, want it in one place`,
  ],
  [
    'an image that is not there',
    { 'apps/podinfo/service.yaml': 'kind: Service\n' },
    {},
    `spec.git.path: ${BRANCH}: no file below "apps/podinfo" holds the image of container podinfo of Deployment shop/podinfo; want a path whose manifests hold it, or spec.git.onFailure: record`,
  ],
  [
    'an alias',
    { [MANIFEST]: DEPLOYMENT.replace('replicas: 2', `x: &image ${BAD}`).replace(`image: ${BAD}`, 'image: *image') },
    {},
    `spec.git.path: ${BRANCH}: ${MANIFEST}:11: spec.template.spec.containers[0].image is an alias, whose anchor has other users; want a plain value in a manifest or in images, or spec.git.onFailure: record`,
  ],
  [
    'a template',
    { [MANIFEST]: `# {{ .Values }}\n${DEPLOYMENT}` },
    {},
    `spec.git.path: ${BRANCH}: ${MANIFEST}:1: it is a template: it contains "{{"; want a plain value in a manifest or in images, or spec.git.onFailure: record`,
  ],
  [
    'a value that the GitOps tool fills in',
    { [MANIFEST]: DEPLOYMENT.replace(BAD, `podinfo:\${TAG}`) },
    {},
    `spec.git.path: ${BRANCH}: ${MANIFEST}:11: image "podinfo:\${TAG}" of container podinfo is filled in elsewhere; want a plain value in a manifest or in images, or spec.git.onFailure: record`,
  ],
  [
    'a SOPS file',
    { [MANIFEST]: `${DEPLOYMENT}sops: { mac: x }\n` },
    {},
    `spec.git.path: ${BRANCH}: ${MANIFEST}: it is encrypted by SOPS without mac_only_encrypted: true; want a plain value in a manifest or in images, or spec.git.onFailure: record`,
  ],
  [
    'image automation that would bump it back',
    { [MANIFEST]: DEPLOYMENT.replace('# set by the release job', '# {"$imagepolicy": "shop:podinfo"}') },
    { reviewed: true },
    `spec.git.path: ${BRANCH}: ${MANIFEST}:11: image automation sets this field ($imagepolicy); want spec.provider in the Repository for pull requests, or spec.git.onFailure: record`,
  ],
  [
    'pull requests without a host',
    { [MANIFEST]: DEPLOYMENT },
    { inspection: { revert: { via: 'pullRequest', containers: ['podinfo'] } } },
    `spec.git.onFailure: ${BRANCH}: pull requests are asked for, but the Repository names no provider, want spec.provider`,
  ],
  [
    'a record that somebody has broken',
    { [MANIFEST]: DEPLOYMENT, '.serin/eu-1/shop/podinfo': 'a: [' },
    {},
    `spec.git: ${BRANCH}: .serin/eu-1/shop/podinfo is no YAML, want it as Serin wrote it, or removed`,
  ],
];
for (const [name, files, options, problem] of WRONG) {
  test(`names ${name}`, async () => assert.deepEqual(await inspect(files, options), [problem]));
}

test('names each container once, and one cause once', async () => {
  const revert = { via: 'commit', containers: ['podinfo', 'proxy', 'logger'] } as const;
  assert.equal((await inspect({ [MANIFEST]: DEPLOYMENT }, { inspection: { revert } })).length, 2);
  assert.equal((await inspect({ [MANIFEST]: DEPLOYMENT }, { inspection: { revert, path: 'x' } })).length, 1);
});

test('what a person must mend is a problem; a host that is away is not', async () => {
  const look = (kind: 'auth' | 'config' | 'network' | 'race' | 'internal') =>
    inspected('shop/config', () => Promise.reject(new GitError(kind, 'Cannot go on')));
  for (const kind of ['auth', 'config'] as const) {
    assert.deepEqual(await look(kind), [
      { where: 'Repository shop/config', message: 'Cannot go on', reason: 'GitRefused' },
    ]);
  }
  for (const kind of ['network', 'race', 'internal'] as const) await assert.rejects(look(kind), GitError);
});
