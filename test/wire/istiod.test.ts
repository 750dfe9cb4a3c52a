import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import nock from 'nock';
import { istiodAt } from '#src/controller/istiod.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

nock.disableNetConnect();
afterEach(() => {
  assert.deepEqual(nock.pendingMocks(), []);
  nock.cleanAll();
});

const ADDRESS = 'http://istiod.istio-system:15014';
const NOW = Date.parse('2026-11-27T09:00:00Z');
const clock = new VirtualClock(NOW);
const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'serin-istiod-'));
after(() => rmSync(folder, { recursive: true }));
const answering = (headers: Record<string, string> = {}) => nock(ADDRESS, { reqheaders: headers }).get('/debug/syncz');

test('asks with the token that stands in the file at that moment', async () => {
  const tokenFile = join(folder, 'token');
  const ask = istiodAt(ADDRESS, { tokenFile, clock });
  for (const token of ['first', 'second']) {
    writeFileSync(tokenFile, `${token}\n`);
    answering({ authorization: `Bearer ${token}` }).reply(200, []);
    assert.deepEqual((await ask(signal)).body, []);
  }
});

test('tells by how much istiod’s clock is ahead, but for what a second’s rounding may be', async () => {
  const ask = istiodAt(ADDRESS, { clock });
  for (const [date, ahead] of [
    ['Fri, 27 Nov 2026 09:00:01 GMT', 0],
    ['Fri, 27 Nov 2026 09:01:00 GMT', 60_000],
    ['Fri, 27 Nov 2026 08:59:30 GMT', -30_000],
  ] as const) {
    answering().reply(200, [], { date });
    assert.equal((await ask(signal)).ahead, ahead);
  }
});

test('says what it was answered and what it wants', async () => {
  answering().reply(401, '');
  await assert.rejects(istiodAt(ADDRESS, { clock })(signal), {
    message: 'http://istiod.istio-system:15014 answers 401 to /debug/syncz; want a token of a namespace that may debug',
  });
  answering().reply(503, 'no');
  await assert.rejects(istiodAt(ADDRESS, { clock })(signal), { message: /answers 503 to .*; want 200/ });
});
