import { after, before, describe, test } from 'node:test';
import { applyCases } from './kubernetes-api/apply.ts';
import { daemonSetCases } from './kubernetes-api/daemon-sets.ts';
import { endpointCases } from './kubernetes-api/endpoints.ts';
import { eventCases } from './kubernetes-api/events.ts';
import { type ApiUnderTest, type Case, Client, expectOk } from './kubernetes-api/harness.ts';
import { leaseCases } from './kubernetes-api/leases.ts';
import { lifecycleCases } from './kubernetes-api/lifecycle.ts';
import { managerCases } from './kubernetes-api/managers.ts';
import { objectCases } from './kubernetes-api/objects.ts';
import { refusalCases } from './kubernetes-api/refusals.ts';
import { addToReport, type CaseResult } from './kubernetes-api/report.ts';
import { rolloutCases } from './kubernetes-api/rollouts.ts';
import { scalingCases } from './kubernetes-api/scaling.ts';
import { serinKindCases } from './kubernetes-api/serin-kinds.ts';
import { watchCases } from './kubernetes-api/watches.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  objects: objectCases,
  apply: applyCases,
  managers: managerCases,
  watches: watchCases,
  lifecycle: lifecycleCases,
  leases: leaseCases,
  events: eventCases,
  rollouts: rolloutCases,
  'daemon sets': daemonSetCases,
  endpoints: endpointCases,
  scaling: scalingCases,
  refusals: refusalCases,
  'our kinds': serinKindCases,
};

/**
 * What Serin relies on in an API server and its controllers, as tests: the sandbox in process and over HTTP and a real
 * kube-apiserver with its kube-controller-manager must all pass them. Each test has a namespace of its own,
 * `serin-contract-N`, which it leaves behind deleted. SERIN_CONFORMANCE_REPORT names a file for the results.
 */
export const kubernetesApiContract = (name: string, open: () => Promise<ApiUnderTest>): void => {
  describe(`Kubernetes API: ${name}`, () => {
    const results: CaseResult[] = [];
    const report = process.env['SERIN_CONFORMANCE_REPORT'];
    let api: ApiUnderTest;
    let count = 0;
    // Namespaces take a while to go; the next run of another process must not meet those of this one.
    const prefix = `serin-contract-${process.pid}`;
    before(async () => {
      api = await open();
    });
    after(async () => {
      await api.close();
      if (report !== undefined) addToReport(report, results);
    });

    for (const [group, cases] of Object.entries(GROUPS)) {
      for (const { name: what, needs, run } of cases) {
        test(`${group}: ${what}`, async (t) => {
          const result = { api: name, group, name: what };
          if (needs !== undefined && api[needs] === undefined) {
            results.push({ ...result, passed: true, skipped: true });
            t.skip(`this server cannot ${needs}`);
            return;
          }
          const at = results.push({ ...result, passed: false }) - 1;
          await inNamespace(api, { namespace: `${prefix}-${++count}`, run });
          results[at] = { ...result, passed: true };
        });
      }
    }
  });
};

const inNamespace = async (
  api: ApiUnderTest,
  { namespace, run }: { readonly namespace: string; readonly run: Case['run'] },
): Promise<void> => {
  const client = new Client(api, namespace);
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  expectOk(await client.post('/api/v1/namespaces', body), 201);
  try {
    await run(client);
  } finally {
    await client.send('DELETE', `/api/v1/namespaces/${namespace}`);
  }
};
