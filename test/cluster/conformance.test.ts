// The contract of test/contract/kubernetes-api.ts, asked of the API server that KUBECONFIG names. It creates and
// deletes namespaces `serin-contract-N` there, and installs the CRDs of Serin and the Gateway API.
import { test } from 'node:test';
import { createHttpTransport } from '#src/kube/http-transport.ts';
import { loadKubeConfig } from '#src/kube/load-kube-config.ts';
import { systemClock } from '#src/lib/clock.ts';
import { stringAt } from '#src/lib/json.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { ApiUnderTest } from '#test/contract/kubernetes-api/harness.ts';
import { kubernetesApiContract } from '#test/contract/kubernetes-api.ts';
import { installCrds } from './install-crds.ts';

/** Namespaces go one after another, and those of the cases before are in the queue too. */
const PATIENCE_MS = 120_000;
const POLL_MS = 50;
const wait = (ms: number): Promise<void> => sleep(systemClock, ms);

const eventually = async (done: () => Promise<boolean>): Promise<void> => {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!(await done())) {
    if (systemClock.monotonic() > end) {
      throw new Error(`Cannot reach the awaited state: still not there after ${PATIENCE_MS / 1000} s`);
    }
    await wait(POLL_MS);
  }
};

/**
 * Compaction is etcd's: its API as JSON, as its gateway serves it. The API server answers from its own history for a
 * while; it drops that when the key moves by which API servers tell each other that they have compacted.
 */
const compactEtcd = async (etcd: string): Promise<void> => {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${etcd}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`Cannot compact etcd: ${path} answered ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const revision = stringAt(await ask('/v3/kv/range', { key: 'AA==' }), 'header', 'revision');
  await ask('/v3/kv/compaction', { revision, physical: true });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await ask('/v3/kv/put', { key: base64('compact_rev_key'), value: base64(revision ?? '') });
};

const open = async (path: string): Promise<ApiUnderTest> => {
  const auth = await loadKubeConfig({ from: 'file', path });
  const transport = createHttpTransport({ auth, clock: systemClock });
  await installCrds(transport, eventually);
  const etcd = process.env['SERIN_CLUSTER_ETCD'];
  return {
    transport,
    eventually,
    wait,
    ...(etcd === undefined ? {} : { compact: () => compactEtcd(etcd) }),
    close: () => transport.close(),
  };
};

const kubeconfig = process.env['KUBECONFIG'] ?? '';
if (kubeconfig === '') {
  test('conformance of a real API server', { skip: 'KUBECONFIG names none' });
} else {
  kubernetesApiContract('kube-apiserver', () => open(kubeconfig));
}
