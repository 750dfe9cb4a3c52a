import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, type JsonRecord, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { daemonSet } from '#src/workload/kinds/daemon-set.ts';
import type { NamedRevision } from '#src/workload/kinds/target-kind.ts';
import { revisionName } from '#src/workload/names.ts';
import { findRevision, targetView } from '#src/workload/revision.ts';
import { revisionRecord } from '#src/workload/revision-record.ts';
import { aCanary, around, lookupIn, theConfigs } from '../a-target.ts';
import { aDaemonSet, aNodePod, aRevision, templateOf, wholeTemplate, ZERO } from './a-daemon-set.ts';

const canary = {
  ...aCanary(),
  spec: { ...aCanary().spec, targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet' as const, name: 'podinfo' } },
};

const nameOf = (target: KubeObject, revisions: readonly KubeObject[], named: readonly NamedRevision[] = []) =>
  findRevision({ target, around: around(revisions), configs: lookupIn(theConfigs()), named });
const idOf = (...args: Parameters<typeof nameOf>): string => {
  const found = nameOf(...args);
  return 'waiting' in found ? `waiting: ${found.waiting}` : found.id;
};

const plain = templateOf('app:1');
const held = templateOf('app:1', ZERO);
const up = aDaemonSet({ template: plain });
const down = aDaemonSet({ template: held });
const made = (hash: string, template: JsonRecord, number: number) => aRevision(up, { hash, template, number });

test('held at zero or not, a version has the name that it was known by first', () => {
  const [first, second] = [made('h1', plain, 1), made('h2', held, 2)];
  assert.equal(idOf(up, [first]), 'h1');
  assert.equal(idOf(down, [first, second]), 'h1');
  assert.equal(idOf(down, [second]), 'h2', 'pushed while the target is held, no other name was ever known');
  assert.equal(idOf(up, [{ ...first, revision: 3 }, second]), 'h1', 'found again, Kubernetes numbers it anew');
  const flaggers = templateOf('app:1', { 'flagger.app/scale-to-zero': 'true' });
  assert.equal(idOf(aDaemonSet({ template: flaggers }), [first, made('h3', flaggers, 3)]), 'h1');
  const nodes = { disk: 'ssd' };
  const selecting = aDaemonSet({ template: templateOf('app:1', { ...nodes, ...ZERO }) });
  assert.equal(idOf(selecting, [first, made('h4', templateOf('app:1', { ...nodes, ...ZERO }), 2)]), 'h4');
});

test('what has a name in the status keeps it when Kubernetes has forgotten it', () => {
  const hash = daemonSet.hash(up);
  assert.equal(hash, daemonSet.hash(down));
  assert.equal(idOf(down, [made('h2', held, 2)], [{ revision: 'h1', hash }]), 'h1');
  assert.equal(idOf(down, [], [{ revision: 'h1-abc123', hash }]), 'h1', 'without the part that its configs had');
  assert.equal(idOf(down, [made('h2', held, 2)], [{ revision: 'h9', hash: 'other' }]), 'h2');
});

test('until Kubernetes has caught up there is no revision, and it says so', () => {
  assert.equal(
    idOf(down, [made('h1', plain, 1)]),
    'waiting: Kubernetes has made no ControllerRevision for the template of DaemonSet shop/podinfo yet',
  );
  const behind = { ...up, status: { observedGeneration: 2 } };
  assert.match(idOf(behind, [made('h1', plain, 1)]), /^waiting: Kubernetes has not acted on generation 3 of DaemonSet/);
  const stranger = made('h1', plain, 1);
  const foreign = { ...stranger, metadata: { ...stranger.metadata, ownerReferences: [] } };
  assert.match(idOf(up, [foreign]), /^waiting/);
});

test('configs are part of the revision, as for every target', () => {
  const target = aDaemonSet({ template: wholeTemplate(ZERO) });
  assert.match(
    idOf(target, [aRevision(target, { hash: 'h1', template: wholeTemplate(ZERO), number: 1 })]),
    /^h1-[0-9a-f]{6}$/,
  );
});

test('a record and its sides have the template without the hold, and no name that Kubernetes gives', () => {
  const target = aDaemonSet({ template: wholeTemplate({ disk: 'ssd', ...ZERO }) });
  const found = nameOf(target, [
    aRevision(target, { hash: 'h1', template: wholeTemplate({ disk: 'ssd', ...ZERO }), number: 1 }),
  ]);
  assert.ok(!('waiting' in found));
  const record = revisionRecord(target, found);
  assert.deepEqual(at(record.spec, 'template', 'spec', 'nodeSelector'), { disk: 'ssd' });
  assert.deepEqual(record.annotations, { 'example.com/owner': 'team' });
  assert.notEqual(revisionName(canary.spec, 'h1'), 'podinfo-h1');
  const primary = daemonSet.side('primary', record, { canary, replicas: 7 });
  assert.deepEqual([primary.kind, primary.metadata.name], ['DaemonSet', 'podinfo-primary']);
  const { template, selector, ...spec } = recordAt(primary, 'spec');
  const { template: _, selector: __, ...asked } = recordAt(target, 'spec');
  assert.deepEqual(spec, asked, 'it has no replicas');
  assert.deepEqual(selector, { matchLabels: { app: 'podinfo', 'serin.dev/role': 'primary' } });
  assert.equal(at(template, 'metadata', 'labels', 'serin.dev/role'), 'primary');
  assert.deepEqual(daemonSet.template(aDaemonSet({ template: held })), plain);
});

const sizeOf = (target: KubeObject, objects: readonly KubeObject[] = [], beside: readonly KubeObject[] = []) =>
  daemonSet.size(target, { around: around(objects), beside });
const labelled = (target: KubeObject): KubeObject => ({
  ...target,
  metadata: { ...target.metadata, labels: { 'serin.dev/held': 'true' } },
});

test('it is down by Serin’s hold or by Flagger’s, and held by Serin’s and its label alone', () => {
  assert.deepEqual(sizeOf(labelled(down)), { replicas: 0, readyReplicas: 0 });
  assert.deepEqual(sizeOf(down), { replicas: 0, readyReplicas: 0, unheld: true });
  const flaggers = aDaemonSet({ template: templateOf('app:1', { 'flagger.app/scale-to-zero': 'true' }) });
  assert.deepEqual(sizeOf(labelled(flaggers)), { replicas: 0, readyReplicas: 0, unheld: true });
  assert.equal(sizeOf(up).replicas, 1);
});

test('who has let it onto its nodes again is known', () => {
  const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': { 'f:nodeSelector': {} } } } };
  const by = (manager: string): KubeObject => ({
    ...up,
    metadata: { ...up.metadata, managedFields: [{ manager, operation: 'Apply', fieldsV1 }] },
  });
  assert.equal(sizeOf(by('kustomize-controller')).scaledBy, 'kustomize-controller');
  assert.equal(sizeOf(by('serin')).scaledBy, undefined);
});

test('the hold is merged into the nodeSelector and taken out of it, whoever else has something there', () => {
  const ref = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name: 'podinfo' };
  const patch = (replicas: number) => {
    const write = daemonSet.scaled(up, replicas);
    assert.ok(write?.type === 'merge');
    assert.deepEqual(write.ref, ref);
    return write.patch;
  };
  const spec = (nodeSelector: JsonRecord) => ({ template: { spec: { nodeSelector } } });
  assert.deepEqual(patch(0), { metadata: { labels: { 'serin.dev/held': 'true' } }, spec: spec(ZERO) });
  assert.deepEqual(patch(1), {
    metadata: { labels: { 'serin.dev/held': null } },
    spec: spec({ 'serin.dev/scale-to-zero': null, 'flagger.app/scale-to-zero': null }),
  });
});

const COUNTS = { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
const NODES = ['a', 'b', 'c'];
/** A side on three nodes in this state, with pods of others beside. */
const viewOf = (
  status: JsonRecord,
  { pods = NODES.map((node) => aNodePod(node)), beside = [] as readonly KubeObject[], spec = {} as JsonRecord } = {},
) => {
  const side = aDaemonSet({ status: { ...COUNTS, ...status }, spec });
  const objects = [aRevision(side, { hash: 'h1', template: plain, number: 1 }), ...pods];
  return daemonSet.view(side, { around: around(objects), beside, slices: [] }) ?? assert.fail();
};

test('ready is: an available pod of the newest template on every node that is to have one, and no other', () => {
  assert.deepEqual([viewOf({}).ready, viewOf({}).waiting], [true, undefined]);
  assert.deepEqual([viewOf({}).replicas, viewOf({}).readyReplicas], [1, 1], 'its number of pods is nobody’s to choose');
  assert.equal(viewOf({ observedGeneration: 2 }).waiting, 'Kubernetes has not acted on its newest spec yet');
  const two = viewOf({ numberAvailable: 2 });
  assert.deepEqual([two.ready, two.readyReplicas, two.waiting], [false, 0, 'ready on 2 of 3 nodes']);
  const none = viewOf({ desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberAvailable: 0 }, { pods: [] });
  assert.deepEqual([none.ready, none.waiting], [false, 'no node is to run a pod of it']);
  const old = [aNodePod('a'), aNodePod('b'), aNodePod('c', { hash: 'h0' })];
  const updating = viewOf({ updatedNumberScheduled: 2 }, { pods: old });
  assert.deepEqual([updating.ready, updating.waiting], [false, '1 pod of an older template left']);
  assert.equal(viewOf({}, { pods: old }).ready, false, 'the status may lag behind its pods');
});

test('a node on which no version is ready is its own trouble, and nobody waits for it', () => {
  const pods = [aNodePod('a'), aNodePod('b'), aNodePod('c', { ready: false })];
  const beside = (ready: boolean, node = 'c') =>
    ['a', 'b', node].map((name) => aNodePod(name, { owner: 'other', ready: name !== 'c' || ready }));
  const counts = { numberAvailable: 2 };
  assert.equal(viewOf(counts, { pods, beside: beside(false) }).ready, true);
  assert.equal(viewOf(counts, { pods, beside: beside(true) }).ready, false, 'the other version is ready there');
  assert.equal(viewOf(counts, { pods, beside: beside(false, 'd') }).ready, false, 'no other version is there');
  const stuck = [aNodePod('a'), aNodePod('b'), aNodePod('c', { ready: false, hash: 'h0', bound: false })];
  assert.equal(viewOf({ ...counts, updatedNumberScheduled: 2 }, { pods: stuck, beside: beside(false) }).ready, true);
  const slow = [aNodePod('a', { hash: 'h0' }), aNodePod('b'), aNodePod('c', { ready: false })];
  assert.equal(viewOf({ ...counts, updatedNumberScheduled: 2 }, { pods: slow, beside: beside(false) }).ready, false);
  const everywhere = NODES.map((node) => aNodePod(node, { ready: false }));
  const nobody = viewOf(
    { numberAvailable: 0 },
    { pods: everywhere, beside: NODES.map((node) => aNodePod(node, { owner: 'other', ready: false })) },
  );
  assert.deepEqual([nobody.ready, nobody.waiting], [false, 'ready on 0 of 3 nodes']);
  assert.equal(
    viewOf(
      { numberAvailable: 1 },
      { pods: [aNodePod('a'), aNodePod('b', { ready: false }), pods[2] ?? assert.fail()], beside: beside(false) },
    ).waiting,
    'ready on 1 of 2 nodes, on 1 more no version is',
  );
});

test('capacity is kept with surge alone', () => {
  const keeps = (rollingUpdate: JsonRecord | undefined): boolean =>
    viewOf({}, { spec: { updateStrategy: { type: 'RollingUpdate', ...(rollingUpdate && { rollingUpdate }) } } })
      .keepsCapacity;
  assert.equal(keeps({ maxSurge: 1, maxUnavailable: 0 }), true);
  assert.equal(keeps({ maxSurge: '25%', maxUnavailable: '0%' }), true);
  assert.equal(keeps({ maxSurge: 0, maxUnavailable: 1 }), false);
  assert.equal(keeps({ maxSurge: 1 }), false, 'one may be unavailable by default');
  assert.equal(keeps(undefined), false);
});

test('what two copies on one node could not be is refused', () => {
  const told = (target: KubeObject) => daemonSet.problems(target, canary).map(({ message }) => message);
  assert.deepEqual(told(up), []);
  assert.deepEqual(told(aDaemonSet({ spec: { updateStrategy: { type: 'OnDelete' } } })), [
    'spec.updateStrategy.type is OnDelete, by which a promoted version would wait for somebody to delete pods; want RollingUpdate',
  ]);
  const ports = [{ containerPort: 53, hostPort: 53 }];
  const template = { ...plain, spec: { containers: [{ name: 'dns', image: 'dns:1', ports }] } };
  assert.deepEqual(told(aDaemonSet({ template })), [
    'its pods take port 53 of their node, which only one pod can have, and primary and canary run on the same nodes; want no hostPort',
  ]);
  const copied = { ...up, metadata: { ...up.metadata, labels: { 'serin.dev/canary-uid': 'x' } } };
  assert.deepEqual(told(copied), ['it was made by Serin for another Canary; want the DaemonSet that stands in Git']);
});

test('a primary that would be without a pod on all its nodes is told', () => {
  const emptied = (nodes: number, rollingUpdate: JsonRecord = {}) => {
    const target = aDaemonSet({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
    return daemonSet.emptied(target, { primary: aDaemonSet({ status: { desiredNumberScheduled: nodes } }) });
  };
  assert.deepEqual(emptied(1), {
    why: 'spec.updateStrategy leaves its only node without a pod while a version starts',
    want: 'rollingUpdate with maxSurge 1 and maxUnavailable 0',
  });
  assert.match(emptied(3, { maxUnavailable: '100%' })?.why ?? '', /leaves all its 3 nodes without a pod/);
  assert.equal(emptied(2), undefined);
  assert.equal(emptied(3, { maxUnavailable: '34%' }), undefined);
  assert.equal(emptied(1, { maxSurge: 1, maxUnavailable: 0 }), undefined);
  assert.equal(emptied(0), undefined, 'nothing is known yet');
});

test('the target serves when it is ready on its nodes; until then it says where it is', () => {
  const pods = NODES.map((node) => aNodePod(node));
  const serving = (numberAvailable: number) => {
    const target = aDaemonSet({ status: { ...COUNTS, numberAvailable } });
    const objects = [aRevision(target, { hash: 'h1', template: plain, number: 1 }), ...pods];
    const view = targetView({ target, around: around(objects), configs: () => 'missing', named: [], beside: [] });
    return [view.replicas, view.readyReplicas, view.serving];
  };
  assert.deepEqual(serving(3), [1, 1, 'ready on 3 of 3 nodes']);
  assert.deepEqual(serving(1), [1, 0, 'ready on 1 of 3 nodes']);
});
