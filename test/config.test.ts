import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '#src/config.ts';

test('flags win over variables, variables over the file, the file over defaults', () => {
  const config = readConfig({
    file: { cluster: 'file', port: 1, workers: 2 },
    environment: { SERIN_CLUSTER: 'variable', SERIN_PORT: '2', SERIN_LEADER_ELECT: 'false' },
    flags: { cluster: 'flag', logLevel: undefined },
  });
  assert.equal(config.cluster, 'flag');
  assert.equal(config.port, 2);
  assert.equal(config.workers, 2);
  assert.equal(config.leaderElect, false);
  assert.equal(config.logLevel, 'info');
  assert.ok(Object.isFrozen(config));
});

test('every wrong setting is named with what would be right', () => {
  const read = (): unknown =>
    readConfig({
      environment: { SERIN_PORT: 'eighty', SERIN_METRICS_SERVER: 'prometheus:9090' },
      flags: { logLevel: 'loud' },
    });
  assert.throws(read, (error: Error) => {
    assert.match(error.message, /^Cannot read the configuration: /);
    assert.match(error.message, /at port/);
    assert.match(error.message, /at metricsServer/);
    assert.match(error.message, /at logLevel/);
    return error instanceof TypeError;
  });
});

test('an unknown setting in the file is refused by name', () => {
  assert.throws(
    () => readConfig({ file: JSON.parse('{"metricServer":"x"}'), environment: {}, flags: {} }),
    /metricServer/,
  );
});

test('what may be called is a list, with commas or as it stands in a file; a wrong entry is named', () => {
  const read = (flags: object, file: object = {}) => readConfig({ file, environment: {}, flags });
  const flags = { denyCalls: '10.0.0.0/8, vault.internal', allowCalls: '127.0.0.1' };
  assert.deepEqual([read(flags).denyCalls, read(flags).allowCalls], [['10.0.0.0/8', 'vault.internal'], ['127.0.0.1']]);
  assert.deepEqual([read({}).denyCalls, read({}, { denyCalls: ['fd00::/8'] }).denyCalls], [[], ['fd00::/8']]);
  for (const [denyCalls, wrong] of [
    ['10.0.0.0/40', /Found "10\.0\.0\.0\/40": want an address .*at denyCalls/s],
    ['10.0.0.1,,', /at denyCalls/],
    ['http://vault', /Found "http:\/\/vault": want an address/],
  ] as const) {
    assert.throws(() => read({ denyCalls }), wrong);
  }
});
