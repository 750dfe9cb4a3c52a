// The policies in deploy/admission, asked of the API server that KUBECONFIG names. What is held is written as Serin
// writes it; others then write as Flux, kubectl and people do.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FIELD_MANAGER } from '#src/api/names.ts';
import { listAt, recordAt, stringAt } from '#src/lib/json.ts';
import { cookieRegex } from '#src/traffic/cookie-regex.ts';
import { applyAs, kubectl, missing, read } from './admin.ts';

const NAMESPACE = 'serin-admission';
const PATIENCE_MS = 20_000;
const NGINX = 'nginx.ingress.kubernetes.io';
const held = { 'serin.dev/held': 'true' };
const named = (labels?: Readonly<Record<string, string>>) => ({
  name: 'app',
  namespace: NAMESPACE,
  ...(labels && { labels }),
});

const deployment = (replicas: number, image = 'app:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: named(),
  spec: {
    replicas,
    selector: { matchLabels: { app: 'app' } },
    template: { metadata: { labels: { app: 'app' } }, spec: { containers: [{ name: 'app', image }] } },
  },
});
const NODES = { disk: 'ssd' };
const daemonSet = (nodeSelector?: Readonly<Record<string, string>>, image = 'app:1') => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: named(),
  spec: {
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: { ...(nodeSelector && { nodeSelector }), containers: [{ name: 'app', image }] },
    },
  },
});
const service = (port = 80) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: named(),
  spec: { selector: { app: 'app' }, ports: [{ name: 'http', port }] },
});
type Rule = Readonly<Record<string, unknown>>;
const route = (rules: readonly Rule[], hostname = 'a.example.com') => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: named(),
  spec: { parentRefs: [{ name: 'edge' }], hostnames: [hostname], rules },
});
const path = (value: string) => [{ path: { type: 'PathPrefix', value } }];
const backend = (name: string, weight = 1) => ({ name, port: 80, weight });
const STATIC: Rule = { matches: path('/static'), backendRefs: [backend('static')] };
const APP: Rule = { matches: path('/'), backendRefs: [backend('app', 3), backend('other')] };
const SPLIT: Rule = {
  matches: path('/'),
  backendRefs: [backend('app-primary', 285), backend('app-canary', 15), backend('other', 100)],
};
const ingress = (
  annotations: Readonly<Record<string, string>>,
  { className = 'nginx', host = 'a.example.com' } = {},
) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { ...named(), annotations },
  spec: {
    ingressClassName: className,
    rules: [
      {
        host,
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'app', port: { number: 80 } } } }],
        },
      },
    ],
  },
});
const weighted = (weight: string) => ({ [`${NGINX}/canary`]: 'true', [`${NGINX}/canary-weight`]: weight });

const asFlux = (object: unknown): Promise<string> => applyAs('kustomize-controller', object);
const asSerin = (object: unknown): Promise<string> => applyAs(FIELD_MANAGER, object);
const replace = (object: unknown): Promise<string> =>
  kubectl(['replace', '-f', '-'], { input: JSON.stringify(object) });
const patchOf = (kind: string, patch: unknown, ...args: readonly string[]): Promise<string> =>
  kubectl(['patch', kind, 'app', '-n', NAMESPACE, '--type=merge', '-p', JSON.stringify(patch), ...args]);
const found = (kind: string): Promise<unknown> => read([kind, 'app', '-n', NAMESPACE]);
const replicas = async (): Promise<unknown> => recordAt(await found('deployment'), 'spec')['replicas'];
const image = async (): Promise<unknown> =>
  stringAt(await found('deployment'), 'spec', 'template', 'spec', 'containers', 0, 'image');
/** nodeSelector and image of the DaemonSet. */
const nodes = async (): Promise<readonly unknown[]> => {
  const spec = recordAt(await found('daemonset'), 'spec', 'template', 'spec');
  return [spec['nodeSelector'], stringAt(spec, 'containers', 0, 'image')];
};
const selector = async (): Promise<unknown> => recordAt(await found('service'), 'spec', 'selector');
const annotations = async (): Promise<unknown> => recordAt(await found('ingress'), 'metadata', 'annotations');
/** Each rule as `app-primary 285, app-canary 15`. */
const splits = async (): Promise<readonly string[]> =>
  listAt(await found('httproute'), 'spec', 'rules').map((rule) =>
    listAt(rule, 'backendRefs')
      .map((ref) => `${stringAt(ref, 'name')} ${recordAt(ref)['weight']}`)
      .join(', '),
  );
const generation = async (kind: string): Promise<unknown> => recordAt(await found(kind), 'metadata')['generation'];

const hold = {
  deployment: () =>
    asSerin({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: named(held), spec: { replicas: 0 } }),
  daemonSet: (zero: string | null) =>
    patchOf(
      'daemonset',
      {
        metadata: { labels: { 'serin.dev/held': zero } },
        spec: { template: { spec: { nodeSelector: { 'serin.dev/scale-to-zero': zero } } } },
      },
      `--field-manager=${FIELD_MANAGER}`,
    ),
  service: () =>
    asSerin({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: named(held),
      spec: { selector: { app: 'app', 'serin.dev/role': 'primary' } },
    }),
  route: (rules: readonly Rule[]) =>
    patchOf('httproute', { metadata: { labels: held }, spec: { rules } }, `--field-manager=${FIELD_MANAGER}`),
  ingress: (weight: string, className: string) => {
    const wanted = ingress(weighted(weight), { className });
    return asSerin({ ...wanted, metadata: { ...wanted.metadata, labels: held } });
  },
};

/** The API server takes a moment to follow a policy. */
const untilHolding = async (): Promise<void> => {
  const end = Date.now() + PATIENCE_MS;
  await asFlux(deployment(3));
  await hold.deployment();
  while ((await asFlux(deployment(3)).then(replicas)) !== 0) {
    if (Date.now() > end) throw new Error(`The policies hold nothing after ${PATIENCE_MS / 1000} s`);
    await setTimeout(200);
    await hold.deployment();
  }
};

describe('admission policies', { skip: missing ?? false }, () => {
  before(async () => {
    await kubectl(['apply', '-k', 'deploy/admission']);
    await kubectl(['create', 'namespace', NAMESPACE]);
    await untilHolding();
  });
  after(async () => {
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await kubectl(['delete', '-k', 'deploy/admission', '--ignore-not-found']);
  });
  beforeEach(() =>
    kubectl(['delete', 'deployment,daemonset,service,httproute,ingress', '--all', '-n', NAMESPACE]).then(() => {}),
  );

  describe('replicas of a target', () => {
    beforeEach(async () => {
      await asFlux(deployment(3));
      await hold.deployment();
    });

    test('stay at 0 whoever applies others, and everything else comes through', async () => {
      const before = await generation('deployment');
      await asFlux(deployment(3));
      assert.deepEqual([await replicas(), await generation('deployment')], [0, before]);
      await asFlux(deployment(3, 'app:2'));
      assert.deepEqual([await replicas(), await image()], [0, 'app:2']);
      await kubectl(['apply', '-f', '-'], { input: JSON.stringify(deployment(4, 'app:3')) });
      assert.deepEqual([await replicas(), await image()], [0, 'app:3']);
      await patchOf('deployment', { spec: { replicas: 5 } });
      assert.equal(await replicas(), 0);
      await replace(deployment(6, 'app:4'));
      assert.deepEqual([await replicas(), await image()], [0, 'app:4']);
    });

    test('may be scaled by hand: the scale of a Deployment has no labels, so Serin itself takes it back', async () => {
      await kubectl(['scale', 'deployment/app', '-n', NAMESPACE, '--replicas=2']);
      assert.equal(await replicas(), 2);
    });

    test('go up when Serin gives the target back, and are the user’s from then on', async () => {
      await asFlux(deployment(3));
      await asSerin({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: named(), spec: { replicas: 3 } });
      assert.deepEqual(
        [await replicas(), recordAt(await found('deployment'), 'metadata', 'labels')['serin.dev/held']],
        [3, undefined],
      );
      await asFlux(deployment(5));
      assert.equal(await replicas(), 5);
    });

    test('are free when a person takes the label away, or writes as Serin', async () => {
      await patchOf('deployment', { spec: { replicas: 1 } }, `--field-manager=${FIELD_MANAGER}`);
      assert.equal(await replicas(), 1);
      await kubectl(['label', 'deployment/app', '-n', NAMESPACE, 'serin.dev/held-']);
      await patchOf('deployment', { spec: { replicas: 7 } });
      assert.equal(await replicas(), 7);
    });

    test('of other Deployments are nobody’s business', async () => {
      await kubectl(['delete', 'deployment', 'app', '-n', NAMESPACE]);
      await asFlux(deployment(3));
      await asFlux(deployment(4));
      assert.equal(await replicas(), 4);
      // A label that comes with the change holds nothing yet.
      await patchOf('deployment', { metadata: { labels: held }, spec: { replicas: 2 } });
      assert.equal(await replicas(), 2);
    });
  });

  test('an apex Service keeps its selector, and gets a new port', async () => {
    await asFlux(service());
    await hold.service();
    const toPrimary = { app: 'app', 'serin.dev/role': 'primary' };
    await asFlux(service(81));
    assert.deepEqual(await selector(), toPrimary);
    assert.equal(recordAt(await found('service'), 'spec', 'ports', 0)['port'], 81);
    await patchOf('service', { spec: { selector: null } });
    assert.deepEqual(await selector(), toPrimary);
    await patchOf('service', { spec: { selector: { 'serin.dev/role': null } } });
    assert.deepEqual(await selector(), toPrimary);
    await replace(service());
    assert.deepEqual(await selector(), toPrimary);
  });

  test('an apex Service that Serin hands back is the user’s again', async () => {
    await asFlux(service());
    await hold.service();
    const patch = { metadata: { labels: { 'serin.dev/held': null } }, spec: { selector: { 'serin.dev/role': null } } };
    await patchOf('service', patch, `--field-manager=${FIELD_MANAGER}`);
    assert.deepEqual(await selector(), { app: 'app' });
    await patchOf('service', { spec: { selector: { tier: 'web' } } });
    assert.deepEqual(await selector(), { app: 'app', tier: 'web' });
  });

  describe('nodes of a target that is a DaemonSet', () => {
    const ZERO = { 'serin.dev/scale-to-zero': 'true' };
    beforeEach(async () => {
      await asFlux(daemonSet(NODES));
      await hold.daemonSet('true');
    });

    test('stay none whoever applies a nodeSelector or none, and everything else comes through', async () => {
      const before = await generation('daemonset');
      await asFlux(daemonSet(NODES));
      assert.deepEqual([await nodes(), await generation('daemonset')], [[{ ...NODES, ...ZERO }, 'app:1'], before]);
      await asFlux(daemonSet({ disk: 'hdd' }, 'app:2'));
      assert.deepEqual(await nodes(), [{ disk: 'hdd', ...ZERO }, 'app:2']);
      await kubectl(['apply', '--force-conflicts', '--server-side', '-f', '-'], {
        input: JSON.stringify(daemonSet(NODES, 'app:3')),
      });
      assert.deepEqual(await nodes(), [{ ...NODES, ...ZERO }, 'app:3']);
      await replace(daemonSet(undefined, 'app:4'));
      assert.deepEqual(await nodes(), [ZERO, 'app:4']);
    });

    test('are its own again when Serin gives it back', async () => {
      await hold.daemonSet(null);
      assert.deepEqual(await nodes(), [NODES, 'app:1']);
      await asFlux(daemonSet({ disk: 'hdd' }));
      assert.deepEqual(await nodes(), [{ disk: 'hdd' }, 'app:1']);
    });

    test('a nodeSelector that leaves Git altogether is not missed by Flux: nobody but Serin owns it', async () => {
      await asFlux(daemonSet());
      assert.deepEqual(await nodes(), [{ ...NODES, ...ZERO }, 'app:1']);
    });
  });

  describe('backends of an HTTPRoute', () => {
    const SPLIT_TEXT = 'app-primary 285, app-canary 15, other 100';
    beforeEach(async () => {
      await asFlux(route([STATIC, APP]));
      await hold.route([STATIC, SPLIT]);
    });

    test('keep their weights when Git is applied again, which changes nothing', async () => {
      const before = await generation('httproute');
      await asFlux(route([STATIC, APP]));
      assert.deepEqual(await splits(), ['static 1', SPLIT_TEXT]);
      assert.equal(await generation('httproute'), before);
      await replace(route([STATIC, APP]));
      assert.deepEqual(await splits(), ['static 1', SPLIT_TEXT]);
    });

    test('keep their weights when they are written by hand', async () => {
      const other = { ...SPLIT, backendRefs: [backend('app-primary', 0), backend('app-canary', 9), backend('other')] };
      await patchOf('httproute', { spec: { rules: [STATIC, other] } });
      assert.deepEqual(await splits(), ['static 1', SPLIT_TEXT]);
    });

    test('let everything else through: hostnames, filters, matches, and rules that do not lead to the apex', async () => {
      const filters = [
        { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-a', value: 'b' }] } },
      ];
      const app = { ...APP, filters, matches: path('/app') };
      await asFlux(route([{ ...STATIC, backendRefs: [backend('static-2', 5)] }, app], 'b.example.com'));
      assert.deepEqual(await splits(), ['static-2 5', SPLIT_TEXT]);
      const spec = recordAt(await found('httproute'), 'spec');
      assert.deepEqual(spec['hostnames'], ['b.example.com']);
      assert.deepEqual(recordAt(spec, 'rules', 1)['filters'], filters);
      assert.equal(stringAt(spec, 'rules', 1, 'matches', 0, 'path', 'value'), '/app');
    });

    test('come through when rules change places or number, or get other backends: Serin splits those anew', async () => {
      await asFlux(route([APP, STATIC]));
      assert.deepEqual(await splits(), ['app 3, other 1', 'static 1']);
      await hold.route([SPLIT, STATIC]);
      await asFlux(route([STATIC, APP, { ...STATIC, matches: path('/more') }]));
      assert.deepEqual(await splits(), ['static 1', 'app 3, other 1', 'static 1']);
      await hold.route([STATIC, SPLIT]);
      await asFlux(route([STATIC, { ...APP, backendRefs: [backend('app'), backend('third')] }]));
      assert.deepEqual(await splits(), ['static 1', 'app 1, third 1']);
    });

    test('do not go to a rule that has taken the place of theirs', async () => {
      const api = { matches: path('/api'), backendRefs: [backend('app'), backend('other')] };
      const apiSplit = { ...SPLIT, matches: path('/api'), backendRefs: [...listAt(SPLIT, 'backendRefs')].toReversed() };
      await asFlux(route([api, APP]));
      await hold.route([apiSplit, SPLIT]);
      await asFlux(route([APP, api]));
      assert.deepEqual(await splits(), ['app 3, other 1', 'app 1, other 1']);
    });

    test('are the user’s again when Serin has given the route back', async () => {
      const patch = { metadata: { labels: { 'serin.dev/held': null } }, spec: { rules: [STATIC, APP] } };
      await patchOf('httproute', patch, `--field-manager=${FIELD_MANAGER}`);
      await asFlux(route([STATIC, { ...APP, backendRefs: [backend('app', 7)] }]));
      assert.deepEqual(await splits(), ['static 1', 'app 7']);
    });
  });

  describe('rules that Serin has added to an HTTPRoute', () => {
    const MORE: Rule = { matches: path('/more'), backendRefs: [backend('static')] };
    const narrowed = (header: Readonly<Record<string, string>>) => [{ ...path('/')[0], headers: [header] }];
    const insiders = narrowed({ type: 'Exact', name: 'x-canary', value: 'insider' });
    const holders = (name: string, value: string) =>
      narrowed({ type: 'RegularExpression', name: 'cookie', value: `^${cookieRegex(name, { op: 'exact', value })}$` });
    const giving = (rule: Rule): Rule => ({
      ...rule,
      backendRefs: listAt(rule, 'backendRefs').map((one) =>
        stringAt(one, 'name') === 'other'
          ? one
          : {
              ...recordAt(one),
              filters: [
                {
                  type: 'ResponseHeaderModifier',
                  responseHeaderModifier: { add: [{ name: 'Set-Cookie', value: 'side=0123456789; Max-Age=60' }] },
                },
              ],
            },
      ),
    });
    const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'app-canary', port: 80 } } };
    const PINNED: Rule = { matches: insiders, backendRefs: [backend('app-canary', 400)] };
    const ADDED = {
      'what is pinned': [STATIC, SPLIT, PINNED],
      'what is mirrored': [STATIC, { ...SPLIT, matches: insiders, filters: [mirror] }, SPLIT],
      'clients that are kept': [
        STATIC,
        giving(SPLIT),
        giving({ ...SPLIT, matches: holders('side', '0123456789') }),
        giving({ ...SPLIT, matches: holders('side-primary', '0123456789-5') }),
      ],
    };
    const rules = async (): Promise<readonly unknown[]> => listAt(await found('httproute'), 'spec', 'rules');
    beforeEach(async () => void (await asFlux(route([STATIC, APP]))));

    for (const [what, wanted] of Object.entries(ADDED)) {
      test(`${what}: stays when Git is applied again, and what else Git changes comes through`, async () => {
        await hold.route(wanted);
        const [before, standing] = [await generation('httproute'), await rules()];
        await asFlux(route([STATIC, APP]));
        assert.equal(await generation('httproute'), before);
        await asFlux(
          route(
            [
              { ...STATIC, backendRefs: [backend('static-2', 5)] },
              { ...APP, name: 'app' },
            ],
            'b.example.com',
          ),
        );
        const place = wanted.length - (what === 'what is mirrored' ? 1 : wanted.length - 1);
        assert.deepEqual(
          (await rules()).slice(1),
          standing.map((rule, index) => (index === place ? { ...recordAt(rule), name: 'app' } : rule)).slice(1),
        );
        assert.equal((await splits())[0], 'static-2 5');
        assert.deepEqual(recordAt(await found('httproute'), 'spec')['hostnames'], ['b.example.com']);
      });
    }

    test('go when a rule takes other requests: Serin makes them anew', async () => {
      await hold.route(ADDED['what is pinned']);
      await asFlux(route([STATIC, { ...APP, matches: path('/app') }]));
      assert.deepEqual(await splits(), ['static 1', 'app-primary 285, app-canary 15, other 100']);
    });

    test('are in nobody’s way when Git gets more rules, as many as there are or fewer', async () => {
      await hold.route(ADDED['clients that are kept']);
      const api: Rule = { matches: path('/api'), backendRefs: [backend('app'), backend('other')] };
      await asFlux(route([STATIC, APP, api, MORE]));
      assert.deepEqual(await splits(), [
        'static 1',
        'app-primary 285, app-canary 15, other 100',
        'app 1, other 1',
        'static 1',
      ]);
      await hold.route(ADDED['clients that are kept']);
      await asFlux(route([STATIC, APP, MORE]));
      assert.deepEqual(await splits(), ['static 1', 'app 3, other 1', 'static 1']);
    });
  });

  test('a canary Ingress keeps class and canary annotations, and gets other changes', async () => {
    await hold.ingress('25', 'serin-parked');
    const changed = {
      ...weighted('100'),
      [`${NGINX}/canary-by-header`]: 'x',
      'kubernetes.io/ingress.class': 'nginx',
      team: 'a',
    };
    await asFlux(ingress(changed, { host: 'b.example.com' }));
    assert.deepEqual(await annotations(), { ...weighted('25'), team: 'a' });
    const spec = recordAt(await found('ingress'), 'spec');
    assert.deepEqual([spec['ingressClassName'], stringAt(spec, 'rules', 0, 'host')], ['serin-parked', 'b.example.com']);
    await replace({ ...ingress({}), metadata: named() });
    assert.deepEqual(await annotations(), weighted('25'));
  });

  test('without the policies Git takes everything back', async () => {
    await asFlux(deployment(3));
    await hold.deployment();
    await kubectl(['delete', '-k', 'deploy/admission']);
    const end = Date.now() + PATIENCE_MS;
    while ((await asFlux(deployment(3)).then(replicas)) !== 3) {
      assert.ok(Date.now() < end, 'a policy that is gone still holds');
      await setTimeout(200);
    }
  });
});
