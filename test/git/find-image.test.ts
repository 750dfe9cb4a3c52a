import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImage } from '#src/git/find-image.ts';
import { imageEdits } from '#src/git/image-edits.ts';
import { ManifestFiles } from '#src/git/manifest-files.ts';
import { Refusal } from '#src/git/refusal.ts';
import { pathText } from '#src/git/yaml-locate.ts';
import { MemoryFiles } from '#src/sandbox/git/memory-files.ts';

const deployment = (
  options: { readonly image?: string; readonly name?: string; readonly namespace?: string } = {},
): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${options.name ?? 'podinfo'}${options.namespace === undefined ? '' : `, namespace: ${options.namespace}`} }
spec: { template: { spec: {
  initContainers: [{ name: migrate, image: "migrate:1" }],
  containers: [{ name: podinfo, image: "${options.image ?? 'podinfo:6.8.0'}" }] } } }
`;

type Files = Readonly<Record<string, string>>;
const find = (
  files: Files,
  query: { readonly path?: string; readonly container?: string; readonly root?: string } = {},
) =>
  findImage(new ManifestFiles(new MemoryFiles(files)), {
    path: query.path ?? 'app',
    root: query.root ?? '',
    target: { kind: 'Deployment', namespace: 'shop', name: 'podinfo' },
    container: query.container ?? 'podinfo',
  });

/** Where an edit to `to` would be made: `file path from → to`. */
const edits = async (files: Files, to: string, query = {}): Promise<readonly string[]> =>
  imageEdits(await find(files, query), to).map(
    ({ place, to: value }) => `${place.file} ${pathText(place.path)} ${place.value} → ${value}`,
  );

const refusal = (reason: string, words: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.reason === reason && words.test(error.message);

const MANIFEST_EDIT = 'app/d.yaml spec.template.spec.containers[0].image podinfo:6.8.0 → podinfo:6.7.0';

test('a plain manifest, also in a folder below and among other documents', async () => {
  assert.deepEqual(await edits({ 'app/d.yaml': deployment() }, 'podinfo:6.7.0'), [MANIFEST_EDIT]);
  const deep = { 'app/.hidden/x.yml': `kind: Service\nmetadata: { name: podinfo }\n---\n${deployment()}` };
  const state = await find(deep);
  assert.deepEqual([state.manifest.file, state.manifest.document], ['app/.hidden/x.yml', 1]);
});

test('an init container', async () => {
  assert.deepEqual(await edits({ 'app/d.yaml': deployment() }, 'migrate:2', { container: 'migrate' }), [
    'app/d.yaml spec.template.spec.initContainers[0].image migrate:1 → migrate:2',
  ]);
});

test('files that are no manifests of the path do not matter', async () => {
  const files = {
    'app/d.yaml': deployment(),
    'app/values.json': '{',
    'app/broken.yaml': 'a: [',
    'other/d.yaml': deployment(),
  };
  assert.deepEqual(await edits(files, 'podinfo:6.7.0'), [MANIFEST_EDIT]);
});

test('a kustomization that sets the tag wins over the manifest', async () => {
  const files = {
    'app/kustomization.yaml':
      'resources: [d.yaml]\nimages:\n- { name: other, newTag: "1" }\n- { name: podinfo, newTag: 6.8.0 }\n',
    'app/d.yaml': deployment({ image: 'podinfo:latest' }),
    'app/ignored.yaml': deployment(),
  };
  assert.equal((await find(files)).reference, 'podinfo:6.8.0');
  assert.deepEqual(await edits(files, 'podinfo:6.7.0'), ['app/kustomization.yaml images[1].newTag 6.8.0 → 6.7.0']);
});

test('an overlay wins over its base, and newName is kept', async () => {
  const files = {
    'app/kustomization.yaml': 'resources: [../base]\nimages: [{ name: registry/podinfo, newTag: 6.8.0 }]\n',
    'base/kustomization.yaml':
      'resources: [d.yaml]\nimages: [{ name: podinfo, newName: registry/podinfo, newTag: 6.1.0 }]\n',
    'base/d.yaml': deployment({ image: 'podinfo' }),
  };
  assert.equal((await find(files)).reference, 'registry/podinfo:6.8.0');
  assert.deepEqual(await edits(files, 'registry/podinfo:6.7.0'), [
    'app/kustomization.yaml images[0].newTag 6.8.0 → 6.7.0',
  ]);
});

test('newName alone leaves the version where it stands', async () => {
  const files = {
    'app/kustomization.yaml': 'resources: [d.yaml]\nimages: [{ name: podinfo, newName: mirror/podinfo }]\n',
    'app/d.yaml': deployment(),
  };
  assert.deepEqual(await edits(files, 'mirror/podinfo:6.7.0'), [MANIFEST_EDIT]);
  assert.deepEqual(await edits(files, 'ghcr.io/podinfo:6.8.0'), [
    'app/kustomization.yaml images[0].newName mirror/podinfo → ghcr.io/podinfo',
  ]);
});

test('tag and digest are edited together, and no key is added or taken away', async () => {
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  const files = {
    'app/kustomization.yaml': `resources: [d.yaml]\nimages: [{ name: podinfo, newTag: 6.8.0, digest: "${a}" }]\n`,
    'app/d.yaml': deployment(),
  };
  assert.equal((await find(files)).reference, `podinfo:6.8.0@${a}`);
  assert.equal((await edits(files, `podinfo:6.7.0@${b}`)).length, 2);
  await assert.rejects(
    edits(files, 'podinfo:6.7.0'),
    refusal('NotEditable', /holds digest, which the other version lacks/),
  );
});

test('prefix, suffix and namespace of kustomizations lead to the target', async () => {
  const files = {
    'app/kustomization.yaml': 'namePrefix: pod\nnamespace: shop\nresources: [in]\n',
    'app/in/kustomization.yaml': 'nameSuffix: fo\nresources: [d.yaml]\n',
    'app/in/d.yaml': deployment({ name: 'in', namespace: 'other' }),
  };
  assert.equal((await find(files)).manifest.file, 'app/in/d.yaml');
});

test('the namespace tells two workloads of one name apart', async () => {
  const files = { 'app/a.yaml': deployment({ namespace: 'shop' }), 'app/b.yaml': deployment({ namespace: 'test' }) };
  assert.equal((await find(files)).manifest.file, 'app/a.yaml');
});

test('a patch file that names the image is its place', async () => {
  const files = {
    'app/kustomization.yaml': 'resources: [d.yaml]\npatches: [{ path: patch.yaml }]\n',
    'app/d.yaml': deployment({ image: 'podinfo:1' }),
    'app/patch.yaml': deployment(),
  };
  assert.match((await edits(files, 'podinfo:6.7.0')).join(), /^app\/patch\.yaml spec/);
});

const AMBIGUOUS: Readonly<Record<string, { readonly files: Files; readonly reason: string; readonly words: RegExp }>> =
  {
    'two manifests': {
      files: { 'app/a.yaml': deployment(), 'app/b.yaml': deployment() },
      reason: 'Ambiguous',
      words: /stands in app\/a\.yaml:6 and in app\/b\.yaml:6, want it in one place/,
    },
    'two documents of one file': {
      files: { 'app/a.yaml': `${deployment()}---\n${deployment()}` },
      reason: 'Ambiguous',
      words: /app\/a\.yaml:6 and in app\/a\.yaml:13/,
    },
    'two entries for one image': {
      files: {
        'app/kustomization.yaml':
          'resources: [d.yaml]\nimages: [{ name: podinfo, newTag: a }, { name: podinfo, newTag: b }]\n',
        'app/d.yaml': deployment(),
      },
      reason: 'Ambiguous',
      words: /holds 2 images entries for podinfo/,
    },
    'a path that is not there': { files: { 'a.yaml': '' }, reason: 'PathNotFound', words: /"app" does not exist/ },
    'a path that is a file': { files: { app: '' }, reason: 'PathNotFound', words: /is a file, want a folder/ },
    'no such workload': {
      files: { 'app/d.yaml': deployment({ name: 'other' }), 'app/chart.yaml': '{{ .Values }}: [' },
      reason: 'ImageNotFound',
      words: /no file below "app" holds .* not readable as YAML: app\/chart\.yaml/,
    },
    'a remote base': {
      files: { 'app/kustomization.yaml': 'resources: [https://example.com/base?ref=v1]\n' },
      reason: 'ImageNotFound',
      words: /no file/,
    },
    'a tag that is a number': {
      files: {
        'app/kustomization.yaml': 'resources: [d.yaml]\nimages: [{ name: podinfo, newTag: 1.10 }]\n',
        'app/d.yaml': deployment(),
      },
      reason: 'NotEditable',
      words: /newTag is a number, want it in quotes/,
    },
    'a JSON patch': {
      files: {
        'app/kustomization.yaml': 'resources: [d.yaml]\npatches: [{ path: p.yaml, target: { kind: Deployment } }]\n',
        'app/d.yaml': deployment(),
        'app/p.yaml': '- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: x\n',
      },
      reason: 'NotEditable',
      words: /p\.yaml sets an image by a JSON patch/,
    },
    'an inline patch': {
      files: {
        'app/kustomization.yaml':
          'resources: [d.yaml]\npatches:\n- patch: |\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: x\n',
        'app/d.yaml': deployment(),
      },
      reason: 'NotEditable',
      words: /inline patch/,
    },
    'a circle': {
      files: { 'app/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../app]\n' },
      reason: 'NotEditable',
      words: /in a circle/,
    },
  };
for (const [name, { files, reason, words }] of Object.entries(AMBIGUOUS)) {
  test(`refuses ${name}`, () => assert.rejects(find(files), refusal(reason, words)));
}

test('nothing outside the root is read', async () => {
  const files = { 'tenant/app/kustomization.yaml': 'resources: [../../base]\n', 'base/d.yaml': deployment() };
  await assert.rejects(find(files, { path: 'tenant/app', root: 'tenant' }), refusal('ImageNotFound', /no file/));
});
