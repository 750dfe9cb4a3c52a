import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { answering, notServed } from '#src/sandbox/faults/answering.ts';
import type { World } from '#test/harness/a-world.ts';
import { aCanary, aSecret } from '#test/harness/manifests.ts';
import { ended, push, serving } from '#test/harness/release.ts';

// Flagger's AlertProvider as the receiver of a Canary: read when a Canary names one, used across namespaces by grant alone.

const anAlertProvider = (
  spec: Readonly<Record<string, unknown>>,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'chat', namespace: 'shop', ...metadata },
  spec,
});

const ADDRESS = 'https://hooks.slack.test/services/T0/B0/x';

const alerting = (providerRef: Readonly<Record<string, string>>): KubeObject =>
  aCanary({
    analysis: {
      interval: '5s',
      threshold: 1,
      stepWeights: [50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
      alerts: [
        { name: 'team', severity: 'error', providerRef: { kind: 'AlertProvider', name: 'chat', ...providerRef } },
      ],
    },
  });

const stalled = (world: World): string | undefined => {
  const found = world.canary().conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  return found && `${found.reason}: ${found.message}`;
};

test('an AlertProvider is told what its severity asks for, at the address of its Secret', async (t) => {
  const world = await serving(t);
  world.apply(anAlertProvider({ type: 'slack', secretRef: { name: 'chat' } }));
  world.apply(aSecret('chat', { address: `${ADDRESS}\n` }));
  world.startController();
  world.apply(alerting({}));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  push(world, 'podinfo:6.9.0-bad');
  await world.clock.until(ended(world, 1), 120_000);
  await world.clock.until(() => world.messages.length > 0, 10_000);
  await world.clock.advance(5_000);
  assert.deepEqual(
    world.messages.map(({ topic, severity, to }) => ({ topic, severity, to })),
    [{ topic: 'outcome', severity: 'error', to: ADDRESS }],
    'neither the take-over nor the start is an error',
  );
  assert.deepEqual(world.canary().outbox, []);
});

test('one of another namespace is used when it allows that, and no longer when it does not', async (t) => {
  const world = await serving(t);
  const elsewhere = { namespace: 'flux-system' };
  world.apply(anAlertProvider({ type: 'discord', address: ADDRESS }, elsewhere));
  world.startController();
  world.apply(alerting(elsewhere));
  await world.clock.until(() => stalled(world) !== undefined, 60_000);
  assert.equal(
    stalled(world),
    'AccessDenied: spec.analysis.alerts[0].providerRef: AlertProvider flux-system/chat does not allow namespace shop: ' +
      'kubectl annotate alertprovider chat -n flux-system serin.dev/allowed-namespaces=shop, or use one of namespace shop',
  );
  const granted = (namespaces: string): void =>
    world.apply(
      anAlertProvider(
        { type: 'discord', address: ADDRESS },
        { ...elsewhere, annotations: { 'serin.dev/allowed-namespaces': namespaces } },
      ),
    );
  granted('test, shop');
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
  assert.equal(stalled(world), undefined);
  granted('test');
  await world.clock.until(() => stalled(world)?.startsWith('AccessDenied') === true, 10_000);
  granted('*');
  await world.clock.until(() => stalled(world) === undefined, 10_000);
});

test('one that is missing, or says what cannot be, is named', async (t) => {
  const world = await serving(t);
  world.startController();
  world.apply(alerting({}));
  const told = async (words: string): Promise<void> => {
    await world.clock.until(() => stalled(world)?.endsWith(words) === true, 60_000);
  };
  await told('AlertProvider shop/chat does not exist: create it, or name one that does');
  world.apply(anAlertProvider({ type: 'telegram', address: ADDRESS }));
  await told(
    'AlertProvider shop/chat is not valid: spec.type: Found "telegram": want one of slack, msteams, discord, rocket, gchat',
  );
  world.apply(anAlertProvider({ type: 'rocket' }));
  await told(
    'AlertProvider shop/chat is not valid: spec: Nothing tells where messages go: want address, or secretRef to a Secret with the key address',
  );
  world.apply(anAlertProvider({ type: 'rocket', address: 'chat.test/hooks/SECRET' }));
  await told('spec.address: Found a value that does not fit: want an address that starts with http:// or https://');
  world.apply(anAlertProvider({ type: 'rocket', address: ADDRESS }));
  await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
});

test('a cluster without Flagger is told so by the Canary that needs it, and by nobody else', async (t) => {
  const world = await serving(t);
  const process = world.startController({
    through: (transport) => answering(transport, (request) => notServed(request, 'flagger.app')),
  });
  await world.clock.advance(10_000);
  assert.deepEqual(process.controller.readiness(), { missing: [], problems: [] });
  world.apply(alerting({}));
  await world.clock.until(() => stalled(world) !== undefined, 60_000);
  assert.match(
    stalled(world) ?? '',
    /^ClusterNotReady: alertproviders\.flagger\.app: The cluster does not serve alertproviders\.flagger\.app in version v1beta1; want: Flagger's CRDs installed/,
  );
});
