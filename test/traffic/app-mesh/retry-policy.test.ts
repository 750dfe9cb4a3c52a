import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryPolicy } from '#src/traffic/app-mesh/retry-policy.ts';

test('retries have Flagger’s defaults', () => {
  assert.equal(retryPolicy({}), undefined);
  assert.deepEqual(retryPolicy({ retries: {} }), {
    maxRetries: 1,
    perRetryTimeout: { unit: 'ms', value: 250 },
    httpRetryEvents: ['gateway-error'],
  });
});

test('events stand in the list of their protocol, each once, by the words of Envoy and of App Mesh', () => {
  const retries = { attempts: 2, perTryTimeout: '1s', retryOn: '5xx, server-error,connect-failure, unavailable' };
  assert.deepEqual(retryPolicy({ retries }), {
    maxRetries: 2,
    perRetryTimeout: { unit: 'ms', value: 1000 },
    httpRetryEvents: ['server-error'],
    tcpRetryEvents: ['connection-error'],
    grpcRetryEvents: ['unavailable'],
  });
});
