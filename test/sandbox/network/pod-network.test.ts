import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textAnswer } from '#src/sandbox/network/http.ts';
import { PodNetwork } from '#src/sandbox/network/pod-network.ts';

const GET = { method: 'GET', host: 'app', path: '/', headers: {} };

test('addresses are unique, skip the first subnet, and come back when freed', () => {
  const network = new PodNetwork({ listen: false });
  const first = network.allocate();
  assert.equal(first, '10.244.1.0');
  const taken = new Set([first]);
  while (taken.size < 65_279) taken.add(network.allocate());
  assert.throws(() => network.allocate(), /are taken/);
  network.free(first);
  assert.equal(network.allocate(), first);
});

test('a port has one listener, and none after it is cancelled', async () => {
  const network = new PodNetwork({ listen: false });
  const target = { address: network.allocate(), port: 8080 };
  const cancel = network.listen(target.address, target.port, async () => textAnswer(200, 'one'));
  assert.throws(() => network.listen(target.address, target.port, async () => textAnswer(200, 'two')), /port is taken/);
  assert.equal((await network.send(target, GET)).body, 'one');
  assert.equal(network.resolve(target.address, target.port), undefined);
  cancel();
  await assert.rejects(network.send(target, GET), { name: 'ConnectionError' });
});

test('in real mode each port is a server of its own, whose requests are cut when it stops', async () => {
  const network = new PodNetwork({ listen: true });
  const target = { address: network.allocate(), port: 8080 };
  let arrived = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const cancel = network.listen(target.address, target.port, async ({ path, host, headers }) => {
    if (path === '/hang') {
      arrived();
      await new Promise(() => {});
    }
    return textAnswer(200, `${host} ${path} ${headers['x-test']}`);
  });
  const answer = await network.send(target, { ...GET, path: '/a?b=c', headers: { 'x-test': 'yes' } });
  assert.equal(answer.body, 'app /a?b=c yes');
  assert.match(network.resolve(target.address, target.port) ?? '', /^127\.0\.0\.1:\d+$/);
  const hanging = assert.rejects(network.send(target, { ...GET, path: '/hang' }), { name: 'ConnectionError' });
  await waiting;
  cancel();
  await hanging;
  await network.close();
});
