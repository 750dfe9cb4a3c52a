import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { VERSION_HEADER } from '#src/sandbox/network/http.ts';
import { createApplication } from '#src/sandbox/workloads/application.ts';

test('an application errs at its rate, answers late, and counts what it answered', async () => {
  const clock = new VirtualClock();
  let errorRate = 0.25;
  const behaviour = () => ({ version: '7', errorRate, latencyMs: 300 });
  const handle = createApplication({ behaviour, clock });
  const get = (path: string) => handle({ method: 'GET', host: 'app', path, headers: {} });
  const all = Promise.all(Array.from({ length: 1000 }, () => get('/any?x=1')));
  await clock.advance(300);
  const answers = await all;
  assert.ok(answers.every(({ headers }) => headers[VERSION_HEADER] === '7'));
  const failed = answers.filter(({ status }) => status === 500).length;
  assert.ok(failed > 200 && failed < 300, `want about 250 errors, found ${failed}`);
  assert.equal((await get('/healthz')).status, 200);
  const { body } = await get('/metrics');
  assert.ok(body.includes(`http_requests_total{code="500"} ${failed}\n`), body);
  assert.ok(body.includes('http_request_duration_seconds_bucket{le="0.25"} 0\n'), body);
  assert.ok(body.includes('http_request_duration_seconds_bucket{le="0.5"} 1000\n'), body);
  errorRate = 1;
  const worse = get('/');
  await clock.advance(300);
  assert.equal((await worse).status, 500);
});
