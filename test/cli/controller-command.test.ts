import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startController } from '#src/cli/controller-command.ts';
import { readConfig } from '#src/config.ts';
import { type Clock, systemClock } from '#src/lib/clock.ts';
import { stringAt } from '#src/lib/json.ts';
import { seededRandom } from '#src/lib/random.ts';
import { inProcessTransport } from '#src/sandbox/api/in-process-transport.ts';
import { createLog } from '#src/telemetry/log.ts';
import { aCluster } from './a-cluster.ts';
import { runSerin } from './run-serin.ts';

/** Timers of what has been stopped do not hold the tests up. */
const clock: Clock = {
  ...systemClock,
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
const surroundings = {
  clock,
  random: seededRandom(1),
  environment: { PATH: process.env['PATH'] },
  hostname: 'host',
  pid: 1,
};

test('every wrong setting is named, with 64', async () => {
  const environment = { SERIN_METRICS_SERVER: 'prometheus:9090' };
  const { code, out, err } = await runSerin(['controller', '--port', 'http', '--workers', '0'], { environment });
  assert.deepEqual([code, out], [64, '']);
  assert.deepEqual(err.split('\n'), [
    'Cannot read the configuration: ✖ Invalid URL',
    '  → at metricsServer',
    '✖ Invalid input: expected number, received NaN',
    '  → at port',
    '✖ Too small: expected number to be >=1',
    '  → at workers',
    'A setting such as metricsServer is the flag --metrics-server and the variable SERIN_METRICS_SERVER.',
    '',
  ]);
});

test('a configuration file that is missing, or holds something else, is named', async (t) => {
  const { folder } = await aCluster(t);
  const missing = await runSerin(['controller', '--config', '/nowhere.yaml']);
  assert.equal(missing.code, 64);
  assert.match(missing.err, /^Cannot read \/nowhere\.yaml: ENOENT/);
  const path = join(folder, 'config.yaml');
  await writeFile(path, 'metricServer: http://prometheus:9090\n');
  const unknown = await runSerin(['controller', '--config', path]);
  assert.equal(unknown.code, 64);
  assert.match(unknown.err, /Unrecognized key: "metricServer"/);
  await writeFile(path, '- a list\n');
  const list = await runSerin(['controller', '--config', path]);
  assert.deepEqual([list.code, list.err], [64, `Cannot read ${path}: want a mapping of settings\n`]);
});

test('serves health and metrics, and gives the lease back when it is stopped', async (t) => {
  const { api } = await aCluster(t);
  const running = await startController({
    config: readConfig({ environment: {}, flags: { port: 0, cluster: 'test' } }),
    transport: inProcessTransport(api, { user: 'serin' }),
    surroundings,
    log: createLog({ level: 'silent', now: systemClock.now }),
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= running.stop());
  t.after(stop);
  const ask = async (path: string): Promise<readonly [number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${running.port}${path}`);
    return [answer.status, await answer.text()];
  };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'serin-system', name: 'serin' };
  const holder = (): string | undefined => stringAt(api.read(lease), 'spec', 'holderIdentity');
  assert.deepEqual(await ask('/healthz'), [200, 'ok\n']);
  while (!running.controller.leading) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await ask('/readyz'), [200, 'ok\n']);
  assert.match(holder() ?? '', /^host_1_/);
  const [status, metrics] = await ask('/metrics');
  assert.equal(status, 200);
  assert.match(metrics, /^serin_info\{version=".+"\} 1$/m);
  assert.equal((await ask('/other'))[0], 404);
  await stop();
  assert.equal(holder(), '');
  await assert.rejects(ask('/healthz'));
});

test('a port that is taken ends it with a sentence, and leaves no folder behind', async (t) => {
  const { api } = await aCluster(t);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const folders = async (): Promise<readonly string[]> =>
    (await readdir(tmpdir())).filter((name) => /^serin-.{6}$/.test(name));
  const before = await folders();
  await assert.rejects(
    startController({
      config: readConfig({ environment: {}, flags: { port } }),
      transport: inProcessTransport(api, { user: 'serin' }),
      surroundings,
      log: createLog({ level: 'silent', now: systemClock.now }),
    }),
    new RegExp(`Cannot listen on port ${port}`),
  );
  assert.deepEqual(await folders(), before);
});
