import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '#src/lib/sleep.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';
import { startLoad } from '#src/sandbox/load/start-load.ts';
import {
  ConnectionError,
  type HttpAnswer,
  type HttpHandler,
  textAnswer,
  VERSION_HEADER,
} from '#src/sandbox/network/http.ts';

const versioned = (version: string, status = 200): HttpAnswer => ({
  status,
  headers: { [VERSION_HEADER]: version },
  body: '',
});

const load = (send: HttpHandler, requestsPerSecond = 50) => {
  const clock = new VirtualClock();
  return { clock, load: startLoad({ clock, requestsPerSecond, send, host: 'app' }) };
};

test('requests go out at their rate, also when answers are slow', async () => {
  const clock = new VirtualClock();
  const send = async (): Promise<HttpAnswer> => {
    await sleep(clock, 3000);
    return versioned('1');
  };
  const client = startLoad({ clock, requestsPerSecond: 50, send });
  await clock.advance(9990);
  assert.equal(client.snapshot().requests, 350);
  const stopped = client.stop();
  await clock.advance(3000);
  await stopped;
  assert.equal(client.snapshot().requests, 500);
});

test('a rate that is no whole number of milliseconds is held too', async () => {
  const { clock, load: client } = load(async () => versioned('1'), 60);
  await clock.advance(10_000);
  assert.ok(Math.abs(client.snapshot().requests - 600) <= 1);
});

test('requests and failures are counted by version, failures of nobody apart', async () => {
  const answers = [versioned('1'), versioned('2', 500), textAnswer(503, ''), versioned('2'), textAnswer(404, '')];
  let n = 0;
  const { clock, load: client } = load(async () => {
    const answer = answers[n++ % 6];
    if (answer === undefined) throw new ConnectionError('Cannot connect');
    return answer;
  }, 6);
  await clock.advance(990);
  assert.deepEqual(client.snapshot(), {
    requests: 6,
    failures: 4,
    versions: { '1': { requests: 1, failures: 0 }, '2': { requests: 2, failures: 1 } },
    unversionedFailures: 3,
  });
});

test('since tells what came after a mark, and only that', async () => {
  let version = 'old';
  const { clock, load: client } = load(async () => versioned(version), 10);
  await clock.advance(950);
  const mark = client.snapshot();
  version = 'new';
  await clock.advance(1000);
  assert.equal(mark.requests, 10);
  assert.deepEqual(client.since(mark), {
    requests: 10,
    failures: 0,
    versions: { new: { requests: 10, failures: 0 } },
    unversionedFailures: 0,
  });
});

test('every second has its own count, and old ones are forgotten', async () => {
  const clock = new VirtualClock();
  const client = startLoad({ clock, requestsPerSecond: 4, send: async () => versioned('1'), historySeconds: 2 });
  await clock.advance(2990);
  const [first, second, ...more] = client.overTime();
  assert.deepEqual([first?.at, second?.at], [Date.UTC(2026, 0, 1) + 1000, Date.UTC(2026, 0, 1) + 2000]);
  assert.deepEqual([first?.requests, second?.requests, more.length], [4, 4, 0]);
});

test('a rate of nothing is an error', () => {
  assert.throws(() => load(async () => versioned('1'), 0), /want more than 0/);
});

test('what fell due while the process was busy is sent at once', () => {
  let time = 0;
  let wake = (): void => {};
  const clock = {
    now: () => time,
    monotonic: () => time,
    after: (_: number, run: () => void) => {
      wake = run;
      return () => {};
    },
  };
  let sent = 0;
  const send = async (): Promise<HttpAnswer> => {
    sent++;
    return versioned('1');
  };
  startLoad({ clock, requestsPerSecond: 50, send });
  assert.equal(sent, 1);
  time = 1000;
  wake();
  assert.equal(sent, 51);
});
