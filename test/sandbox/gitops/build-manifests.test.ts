import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#src/lib/json.ts';
import { buildManifests } from '#src/sandbox/gitops/build-manifests.ts';

const pod = (image: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { spec: { containers: [{ name: web, image: "${image}" }] } } }\n`;
const build = (files: Readonly<Record<string, string>>) => buildManifests(new Map(Object.entries(files)), 'app');
const imageOf = async (files: Readonly<Record<string, string>>): Promise<unknown> =>
  at((await build(files))[0], 'spec', 'template', 'spec', 'containers', 0, 'image');

test('takes every YAML file below a plain folder, and nothing else', async () => {
  const objects = await build({
    'app/a.yaml':
      'apiVersion: v1\nkind: A\nmetadata: { name: a }\n---\n# empty\n---\napiVersion: v1\nkind: B\nmetadata: { name: b }\n',
    'app/.hidden/c.yml': 'apiVersion: v1\nkind: C\nmetadata: { name: c }\n',
    'app/.serin/eu-1/shop/web': 'canary: eu-1/shop/web\n',
    'app/notes.txt': 'x: [',
    'other/d.yaml': 'apiVersion: v1\nkind: D\nmetadata: { name: d }\n',
  });
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), ['A', 'B', 'C']);
});

const IMAGES: readonly [image: string, entry: string, expected: string][] = [
  ['web:1', '{ name: web, newTag: "2" }', 'web:2'],
  ['host:5000/web:1', '{ name: "host:5000/web", newTag: "2" }', 'host:5000/web:2'],
  ['web:1', '{ name: web, newName: mirror/web }', 'mirror/web:1'],
  [`web:1@sha256:${'a'.repeat(64)}`, '{ name: web, newTag: "2" }', 'web:2'],
  ['web', `{ name: web, digest: "sha256:${'b'.repeat(64)}" }`, `web@sha256:${'b'.repeat(64)}`],
  ['webby:1', '{ name: web, newTag: "2" }', 'webby:1'],
];
for (const [image, entry, expected] of IMAGES) {
  test(`images: ${image} with ${entry.slice(0, 40)}`, async () => {
    const files = {
      'app/kustomization.yaml': `resources: [../base/web.yaml]\nimages: [${entry}]\n`,
      'base/web.yaml': pod(image),
    };
    assert.equal(await imageOf(files), expected);
  });
}

const WRONG: readonly [name: string, files: Readonly<Record<string, string>>, words: RegExp][] = [
  ['an unknown field', { 'app/kustomization.yaml': 'resources: []\nnamePrefix: x\n' }, /namePrefix is not supported/],
  ['a resource that is not there', { 'app/kustomization.yaml': 'resources: [a.yaml]\n' }, /"a\.yaml" does not exist/],
  ['a remote resource', { 'app/kustomization.yaml': 'resources: ["https://example.com/x"]\n' }, /does not exist/],
  ['an image tag that is a number', { 'app/kustomization.yaml': 'images: [{ name: a, newTag: 1.1 }]\n' }, /as text/],
  ['a file that is no object', { 'app/a.yaml': 'a: 1\n' }, /app\/a\.yaml is no Kubernetes object/],
  ['a path that is not there', { 'b.yaml': '' }, /path "app" does not exist/],
  ['a circle', { 'app/kustomization.yaml': 'resources: [../app]\n' }, /circle/],
];
for (const [name, files, words] of WRONG) test(`refuses ${name}`, () => assert.rejects(build(files), words));
