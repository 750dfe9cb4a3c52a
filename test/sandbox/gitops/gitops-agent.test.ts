import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCES } from '#src/kube/resources.ts';
import type { Transport } from '#src/kube/transport.ts';
import { at, stringAt } from '#src/lib/json.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { customResource } from '#src/sandbox/api/resources.ts';
import { ALL_RESOURCES, SandboxApi } from '#src/sandbox/api/sandbox-api.ts';
import { MemoryGit } from '#src/sandbox/git/memory-git.ts';
import { GitOpsAgent } from '#src/sandbox/gitops/gitops-agent.ts';

const config = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { value: ${value} }\n`;
const refOf = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name });

const world = (options: { readonly kustomizations?: boolean } = {}) => {
  const clock = new VirtualClock();
  const flux = customResource(RESOURCES.kustomization);
  const resources = options.kustomizations === false ? ALL_RESOURCES : [...ALL_RESOURCES, flux];
  const api = new SandboxApi({ clock, resources });
  api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } }, { manager: 'test' });
  const git = new MemoryGit();
  const applied: string[] = [];
  const inside = inProcessTransport(api, { user: 'flux' });
  let broken = false;
  const transport: Transport = {
    ...inside,
    request: async (request) =>
      broken ? { status: 503, headers: {}, body: { message: 'away' } } : inside.request(request),
  };
  const agent = new GitOpsAgent({
    source: git,
    transport,
    clock,
    path: 'apps',
    name: 'apps',
    namespace: 'flux-system',
    intervalMs: 10_000,
    onApplied: (commit) => applied.push(commit),
  });
  const setBroken = (now: boolean): void => {
    broken = now;
  };
  const value = (name: string): string | undefined => stringAt(api.read(refOf(name)), 'data', 'value');
  return { clock, api, git, agent, applied, value, setBroken };
};

test('applies a commit as its owner, tells it, and follows the next', async () => {
  const { clock, api, git, agent, applied, value } = world();
  const first = git.push({ files: { 'apps/a.yaml': config('a', 'one'), 'README.md': '#' }, message: 'Add' });
  agent.start();
  await clock.advance(0);
  assert.equal(value('a'), 'one');
  const object = api.read(refOf('a'));
  assert.deepEqual(object?.metadata.labels, {
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  });
  assert.deepEqual(
    object?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
    [['kustomize-controller', 'Apply']],
  );
  const second = git.push({ files: { 'apps/a.yaml': config('a', 'two') }, message: 'Change' });
  await clock.advance(10_000);
  assert.equal(value('a'), 'two');
  assert.deepEqual(applied, [first, second]);
  assert.deepEqual(agent.status, { lastApplied: second });
  const own = api.read({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'apps',
  });
  assert.equal(at(own, 'status', 'lastAppliedRevision'), `main@sha1:${second}`);
  await agent.stop();
});

test('puts right what has drifted, and deletes what has left Git', async () => {
  const { clock, api, git, agent, value } = world();
  git.push({ files: { 'apps/a.yaml': config('a', 'one'), 'apps/b.yaml': config('b', 'one') }, message: 'Add' });
  agent.start();
  await clock.advance(0);
  api.write(
    { ...refOf('a'), metadata: { namespace: 'default', name: 'a' }, data: { value: 'edited' } },
    { manager: 'someone' },
  );
  await clock.advance(10_000);
  assert.equal(value('a'), 'one');
  git.push({ files: { 'apps/b.yaml': null }, message: 'Remove' });
  await clock.advance(10_000);
  assert.deepEqual([value('a'), api.read(refOf('b'))], ['one', undefined]);
  await agent.stop();
});

test('creates what is annotated IfNotPresent, and leaves it alone from then on', async () => {
  const { clock, git, agent, value } = world();
  const annotated = (text: string): string =>
    config('a', text).replace(' }', ', annotations: { kustomize.toolkit.fluxcd.io/ssa: IfNotPresent } }');
  git.push({ files: { 'apps/a.yaml': annotated('one') }, message: 'Add' });
  agent.start();
  await clock.advance(0);
  assert.equal(value('a'), 'one');
  git.push({ files: { 'apps/a.yaml': annotated('two') }, message: 'Change' });
  await clock.advance(10_000);
  assert.equal(value('a'), 'one');
  assert.equal(agent.status.error, undefined);
  await agent.stop();
});

test('a commit that cannot be built or applied changes nothing and says why, until it is mended', async () => {
  const { clock, git, agent, value, setBroken } = world();
  const good = git.push({ files: { 'apps/a.yaml': config('a', 'one') }, message: 'Add' });
  agent.start();
  await clock.advance(0);
  git.push({ files: { 'apps/a.yaml': null, 'apps/broken.yaml': 'a: [' }, message: 'Break' });
  await clock.advance(10_000);
  assert.deepEqual(agent.status, { lastApplied: good, error: 'apps/broken.yaml is no YAML' });
  assert.equal(value('a'), 'one');
  setBroken(true);
  const mended = git.push({ files: { 'apps/a.yaml': config('a', 'two'), 'apps/broken.yaml': null }, message: 'Mend' });
  await clock.advance(10_000);
  assert.deepEqual(agent.status, {
    lastApplied: good,
    error: 'Cannot apply Kustomization flux-system/apps: status 503 away',
  });
  setBroken(false);
  await clock.advance(10_000);
  assert.deepEqual(agent.status, { lastApplied: mended });
  await agent.stop();
});

test('works without Flux’s own kinds in the cluster, and stops when told', async () => {
  const { clock, git, agent, value } = world({ kustomizations: false });
  git.push({ files: { 'apps/a.yaml': config('a', 'one') }, message: 'Add' });
  agent.start();
  await clock.advance(0);
  assert.equal(value('a'), 'one');
  assert.equal(agent.status.error, undefined);
  await agent.stop();
  git.push({ files: { 'apps/a.yaml': config('a', 'two') }, message: 'Change' });
  await clock.advance(60_000);
  assert.equal(value('a'), 'one');
});
