import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { rootScript } from '#test/cluster/kubelet/container-root.ts';
import { identityOf, setprivArgv } from '#test/cluster/kubelet/identity.ts';
import { expanded, programEnvironment } from '#test/cluster/kubelet/program-environment.ts';
import { volumeFiles, volumeTokens } from '#test/cluster/kubelet/volume-files.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'serin-1', namespace: 'serin-system', uid: 'u', labels: { app: 'serin' } },
  spec: {
    nodeName: 'node-1',
    securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 7, runAsNonRoot: true },
  },
};
const place = { address: '10.244.1.1', hostIP: '10.244.255.1' };
const object = (kind: string, rest: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a' },
  ...rest,
});
const backend = {
  read: ({ kind }: { readonly kind: string }) =>
    kind === 'Secret'
      ? object(kind, { data: { key: Buffer.from('secret').toString('base64') } })
      : object(kind, { data: { 'ca.crt': 'CA', other: 'x' } }),
};

test('a projected volume has the chosen keys, fields of the pod, and asks for a token', () => {
  const volume = {
    name: 'kube-api-access',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
  const files = [...volumeFiles(volume, { pod, place, backend })].map(([path, { content }]) => [path, `${content}`]);
  assert.deepEqual(files, [
    ['ca.crt', 'CA'],
    ['namespace', 'serin-system'],
  ]);
  assert.deepEqual(volumeTokens(volume), [{ path: 'token', seconds: 3607 }]);
});

test('volumes of a ConfigMap and of a Secret have all keys, decoded', () => {
  const of = (volume: unknown) =>
    [...volumeFiles(volume, { pod, place, backend })].map(([path, { content }]) => `${path}=${content}`);
  assert.deepEqual(of({ configMap: { name: 'a' } }), ['ca.crt=CA', 'other=x']);
  assert.deepEqual(of({ secret: { secretName: 'a' } }), ['key=secret']);
});

test('a program gets what image, cluster, configs and pod say, and nothing of ours', () => {
  const container = {
    env: [
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'NODE_ENV', value: 'test' },
    ],
  };
  const service = { host: '10.244.255.1', port: '6443' };
  const image = { NODE_ENV: 'production', LANG: 'C' };
  const env = programEnvironment({ pod, container, place, image, backend, service });
  const { PATH: _path, HOME: _home, ...rest } = env;
  assert.deepEqual(rest, {
    HOSTNAME: 'serin-1',
    NODE_ENV: 'test',
    LANG: 'C',
    KUBERNETES_SERVICE_HOST: '10.244.255.1',
    KUBERNETES_SERVICE_PORT: '6443',
    KUBERNETES_SERVICE_PORT_HTTPS: '6443',
    POD_NAMESPACE: 'serin-system',
    APP: 'serin',
  });
  assert.equal(expanded('--in=$(POD_NAMESPACE) $$(APP) $(UNKNOWN)', env), '--in=serin-system $(APP) $(UNKNOWN)');
});

test('a container runs as its security contexts say', () => {
  const container = {
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
  const identity = identityOf(pod, container);
  assert.equal(identity.readOnlyRoot, true);
  assert.deepEqual(setprivArgv(identity), [
    'setpriv',
    '--reuid=65532',
    '--regid=65532',
    '--groups=7',
    '--no-new-privs',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--pdeathsig=KILL',
    '--',
  ]);
  assert.throws(() => identityOf({ ...pod, spec: {} }, { securityContext: { runAsNonRoot: true } }), /run as root/);
});

test('the script of a root is shell, whatever the words in it', () => {
  const script = rootScript({
    folder: "/tmp/it's here",
    hostname: 'serin-1',
    hosts: ['10.244.1.1 serin-1'],
    mounts: [
      { from: '/b', to: '/var/lib/serin/git', readOnly: false },
      { from: '/a', to: '/var', readOnly: true },
    ],
    readOnly: true,
    argv: ['node', "a 'quoted' $word"],
  });
  const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const lines = script.split('\n');
  assert.ok(lines.indexOf("'show' '/a' '/var' 'ro'") < lines.indexOf("'show' '/b' '/var/lib/serin/git' 'rw'"));
  assert.equal(lines.at(-1), `exec chroot "$root" 'node' 'a '\\''quoted'\\'' $word'`);
});
