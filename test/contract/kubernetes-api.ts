import { after, before, describe, test } from 'node:test';
import { applyCases } from './kubernetes-api/apply.ts';
import { type ApiUnderTest, Client, expectOk } from './kubernetes-api/harness.ts';
import { lifecycleCases } from './kubernetes-api/lifecycle.ts';
import { objectCases } from './kubernetes-api/objects.ts';
import { watchCases } from './kubernetes-api/watches.ts';

const GROUPS = { objects: objectCases, apply: applyCases, watches: watchCases, lifecycle: lifecycleCases };

/**
 * What Serin relies on in an API server, as tests: the sandbox in process and over HTTP and a real kube-apiserver must
 * all pass them. Each test has a namespace of its own, `serin-contract-N`, which it leaves behind deleted.
 */
export const kubernetesApiContract = (name: string, open: () => Promise<ApiUnderTest>): void => {
  describe(`Kubernetes API: ${name}`, () => {
    let api: ApiUnderTest;
    let count = 0;
    before(async () => {
      api = await open();
    });
    after(() => api.close());

    for (const [group, cases] of Object.entries(GROUPS)) {
      for (const { name: what, run } of cases) {
        test(`${group}: ${what}`, async () => {
          const namespace = `serin-contract-${++count}`;
          const client = new Client(api, namespace);
          const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
          expectOk(await client.post('/api/v1/namespaces', body), 201);
          try {
            await run(client);
          } finally {
            await client.send('DELETE', `/api/v1/namespaces/${namespace}`);
          }
        });
      }
    }
  });
};
