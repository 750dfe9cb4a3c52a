// One controller, from its start to its end, in a cluster that lacks one thing after the other. It needs an API server
// and a controller-manager, and takes the CRDs of Serin and of the Gateway API away; pods and routes are pretended.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { load } from 'js-yaml';
import { at, type JsonRecord, listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { objectOf } from '#test/deploy/manifests.ts';
import { kubectl, missing, read, untilServed } from './admin.ts';
import { type ApiProxy, type Mode, startApiProxy } from './bad-input/api-proxy.ts';
import { type ControllerProcess, startControllerProcess } from './bad-input/controller-process.ts';
import { pretend } from './bad-input/pretended.ts';
import { serveGoodNews } from './world/good-news.ts';
import { until } from './world/until.ts';

const NAMESPACE = 'serin-bad-input';
const NOWHERE = 'http://prometheus.invalid:9090';
const ROOT = join(import.meta.dirname, '..', '..');
const GATEWAY_API = ['gatewayclasses', 'gateways', 'httproutes', 'referencegrants'].flatMap((name) => [
  '-f',
  join(ROOT, '..', 'shared', 'crds', `${name}.gateway.networking.k8s.io.yaml`),
]);

const apply = (object: unknown): Promise<string> =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-n', NAMESPACE, '-f', '-'], {
    input: JSON.stringify(object),
  });

/** A right that is kept from the controller for now: `verb resource`. */
const withheld = new Set(['list services', 'list repositories', 'get leases', 'patch httproutes']);

const without = (role: JsonRecord): JsonRecord => ({
  ...role,
  metadata: { name: stringAt(role, 'metadata', 'name') },
  rules: listAt(role, 'rules').flatMap((rule) =>
    listAt(rule, 'resources').flatMap((resource) => {
      const verbs = listAt(rule, 'verbs').filter((verb) => !withheld.has(`${verb} ${resource}`));
      return verbs.length === 0 ? [] : [{ ...recordAt(rule), resources: [resource], verbs }];
    }),
  ),
});

const grantRights = async (): Promise<void> => {
  for (const name of ['serin-controller', 'serin-leader']) {
    await apply(without(objectOf('deploy/namespaced', 'Role', name)));
  }
};

const grant = async (...rights: readonly string[]): Promise<void> => {
  for (const right of rights) withheld.delete(right);
  await grantRights();
};

const bind = async (): Promise<void> => {
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'serin' } });
  for (const name of ['serin-controller', 'serin-leader']) {
    const binding = objectOf('deploy/namespaced', 'RoleBinding', name);
    const subjects = [{ kind: 'ServiceAccount', name: 'serin', namespace: NAMESPACE }];
    await apply({ ...binding, metadata: { name }, subjects });
  }
};

const deployment = (image: string): JsonRecord => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app' },
  spec: {
    selector: { matchLabels: { app: 'app' } },
    template: { metadata: { labels: { app: 'app' } }, spec: { containers: [{ name: 'app', image }] } },
  },
});

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'app' },
  spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 8080 }] },
};

const canary = (metricsServer: string): JsonRecord => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind: 'Canary',
  metadata: { name: 'app' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app' },
    service: { port: 80, targetPort: 8080, gatewayRefs: [{ name: 'edge', namespace: 'gateways' }] },
    metricsServer,
    analysis: {
      interval: '2s',
      threshold: 2,
      stepWeights: [10, 50],
      metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
    },
  },
});

/** The CRD of Canaries as an older Serin might have had it: it keeps conditions, and little else, of a status. */
const olderCrd = (): unknown => {
  const crd = Object(load(readFileSync(join(ROOT, 'crds', 'canaries.serin.dev.yaml'), 'utf8')));
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  const { conditions, observedGeneration, phase } = schema.properties.status.properties;
  schema.properties.status = { type: 'object', properties: { conditions, observedGeneration, phase } };
  return crd;
};

const conditionOf = async (type: string): Promise<unknown> =>
  listAt(await read(['canary', 'app', '-n', NAMESPACE]), 'status', 'conditions').find(
    (condition) => at(condition, 'type') === type,
  );

const stalled = (reason: string, words: RegExp): Promise<unknown> =>
  until(`Stalled ${reason}: ${words}`, async () => {
    const condition = await conditionOf('Stalled');
    return at(condition, 'reason') === reason && words.test(stringAt(condition, 'message') ?? '');
  });

describe('a controller in a cluster that lacks things', { skip: missing ?? false }, () => {
  const end = new AbortController();
  let pretended: Promise<void> | undefined;
  let proxy: ApiProxy;
  let serin: ControllerProcess;
  let good: Awaited<ReturnType<typeof serveGoodNews>>;

  const readyz = async (words: RegExp, status?: number): Promise<string> => {
    let last = '';
    const look = async (): Promise<string | undefined> => {
      const answer = await serin.ready();
      last = `${answer.status} ${answer.lines.join('\n')}`;
      return (status ?? answer.status) === answer.status ? answer.lines.find((line) => words.test(line)) : undefined;
    };
    return until(`line ${words} at /readyz`, look).catch((cause: unknown) => {
      throw new Error(`/readyz says: ${last}`, { cause });
    });
  };

  const clean = async (): Promise<void> => {
    const finalizers = ['--type=merge', '-p', '{"metadata":{"finalizers":[]}}'];
    await kubectl(['patch', 'canary', 'app', '-n', NAMESPACE, ...finalizers]).catch(() => {});
    // Nobody else lets pods go where there is no kubelet.
    await kubectl(['delete', 'deployment,replicaset', '--all', '-n', NAMESPACE, '--timeout=60s']);
    await kubectl(['delete', 'pod', '--all', '-n', NAMESPACE, '--force', '--grace-period=0']);
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=60s']);
  };

  before(async () => {
    await clean();
    await kubectl(['delete', '-k', 'crds', '--ignore-not-found', '--timeout=60s']);
    await kubectl(['delete', ...GATEWAY_API, '--ignore-not-found', '--timeout=60s']);
    await kubectl(['create', 'namespace', NAMESPACE]);
    await bind();
    await grantRights();
    await apply(service);
    await apply(deployment('app:1'));
    pretended = pretend(NAMESPACE, end.signal);
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--flatten', '-o', 'json']));
    const ca = Buffer.from(stringAt(config, 'clusters', 0, 'cluster', 'certificate-authority-data') ?? '', 'base64');
    proxy = await startApiProxy({ url: stringAt(config, 'clusters', 0, 'cluster', 'server') ?? '', ca: ca.toString() });
    good = await serveGoodNews('127.0.0.1');
    const token = (await kubectl(['create', 'token', 'serin', '-n', NAMESPACE])).trim();
    serin = await startControllerProcess({ server: proxy.url, token, flags: [`--namespace=${NAMESPACE}`] });
  });

  after(async () => {
    // What was not reached is not there.
    proxy?.set('pass');
    await serin?.stop();
    await proxy?.close();
    good?.close();
    await clean();
    end.abort();
    await pretended;
  });

  test('says which kinds and rights it cannot start without, and what it can do without', async () => {
    await readyz(/^The cluster does not serve canaries\.serin\.dev in version v1alpha1; want: kubectl apply -k/, 503);
    const services = await readyz(/^RBAC does not grant "list" on services in namespace serin-bad-input/, 503);
    assert.match(services, /the rule \{apiGroups: \[""\], resources: \[services\], verbs: \[list, watch\]\} in Role/);
    await kubectl(['apply', '-k', 'crds']);
    await kubectl(['replace', '-f', '-'], { input: JSON.stringify(olderCrd()) });
    await untilServed('crd/canaries.serin.dev');
    await grant('list services');
    const lease = await readyz(/^RBAC does not grant "get" on leases\.coordination\.k8s\.io/, 503);
    assert.match(lease, /in Role serin-leader of namespace serin-bad-input$/);
    await grant('get leases');
    await until('leader', () => serin.told('leading') === 1);
    // What it can do without keeps it from nothing.
    const repositories = await readyz(/^RBAC does not grant "list" on repositories\.serin\.dev/);
    assert.match(repositories, /resources: \[repositories\], verbs: \[list, watch\]/);
  });

  test('holds a Canary whose status an older CRD would drop, and one that needs a kind that is not there', async () => {
    await readyz(/^The CRD canaries\.serin\.dev is older than the controller: it drops status\./, 503);
    await apply(canary(NOWHERE));
    await stalled('ClusterNotReady', /older than the controller: .*; want: the CRDs of this version: kubectl apply -k/);
    await kubectl(['replace', '-f', 'crds/canaries.serin.dev.yaml']);
    await stalled(
      'ClusterNotReady',
      /^httproutes\.gateway\.networking\.k8s\.io: The cluster does not serve httproutes/,
    );
    await readyz(/^ok$/, 200);
    await readyz(/standard-install\.yaml, or use another provider$/, 200);
    const primary = await kubectl(['get', 'deployment', '-n', NAMESPACE, '-o', 'name']);
    assert.equal(primary.trim(), 'deployment.apps/app', 'nothing was touched');
    await kubectl(['replace', '-f', 'crds/canaries.serin.dev.yaml']);
    await kubectl(['apply', '--server-side', ...GATEWAY_API]);
    await readyz(/^ok$/, 200);
  });

  test('takes over as soon as a right that a write lacks is granted', async () => {
    await stalled('AccessDenied', /"patch" on "httproutes".*resources: \[httproutes\], verbs: \[create, patch\]/);
    assert.match(
      await serin.metrics(),
      /^serin_cluster_problems\{problem="AccessDenied",about="httproutes\.gateway\.networking\.k8s\.io"\} 1$/m,
    );
    await grant('patch httproutes');
    await until('take-over', async () => at(await conditionOf('Ready'), 'status') === 'True');
    assert.doesNotMatch(await serin.metrics(), /about="httproutes/);
    await grant('list repositories');
  });

  test('holds a run for want of a Prometheus, and says what to set', async () => {
    await apply(deployment('app:2'));
    const words =
      /^Run .* is held at 10 %: request-success-rate: Cannot reach Prometheus at http:\/\/prometheus\.invalid/;
    await until('held run', async () => words.test(stringAt(await conditionOf('Promoted'), 'message') ?? ''));
    await readyz(/^Cannot reach Prometheus at .*; want: .* as --metrics-server of the controller/, 200);
    assert.match(await serin.metrics(), /problem="MetricsUnavailable",about="http:\/\/prometheus\.invalid:9090"\} 1/);
  });

  const TROUBLE: readonly (readonly [Mode, number, RegExp])[] = [
    [429, 12_000, /^The API server answers 429/],
    [500, 12_000, /^The API server answers 500/],
    ['silence', 20_000, /^The API server gives no answer/],
  ];
  for (const [mode, ms, words] of TROUBLE) {
    test(`stands by while the API server answers with ${mode}, and leads again by itself`, async () => {
      const [problems, leads] = [serin.told('cluster problem'), serin.told('leading')];
      proxy.set(mode);
      await setTimeout(ms);
      await readyz(words);
      assert.match(await serin.metrics(), /^serin_leader 0$/m);
      assert.equal(serin.told('cluster problem'), problems + 1, 'told once');
      proxy.set('pass');
      await until('leader again', () => serin.told('leading') === leads + 1);
      assert.equal((await serin.ready()).lines.filter((line) => words.test(line)).length, 0);
      assert.equal(at(await conditionOf('Ready'), 'status'), 'True');
    });
  }

  test('ends the run that was held all the while, in the process that it was begun with', async () => {
    await apply(canary(good.url));
    await until('outcome', async () => {
      const found = await read(['canary', 'app', '-n', NAMESPACE]);
      return stringAt(found, 'status', 'history', 0, 'outcome') === 'Promoted';
    });
    // An address that nobody asks any more is forgotten after some minutes.
    const mended = (line: string): boolean => line === 'ok' || line.startsWith('Cannot reach Prometheus');
    await until('cluster without problems', async () => (await serin.ready()).lines.every(mended));
    assert.equal(serin.isAlive(), true);
    const levels = serin.lines.filter((line) => line['level'] === 'error');
    assert.ok(
      levels.every((line) => line['msg'] === 'cluster problem'),
      JSON.stringify(levels),
    );
  });
});
