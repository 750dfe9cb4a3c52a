import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Component } from '../rig/component.ts';
import { ADDRESS, CERTIFICATE, kubeconfigOf, PORTS, program, type Rig, SERVER, USERS, type User } from '../rig/rig.ts';

const path = ({ folder }: Rig, name: string): string => join(folder, 'api-server', name);

export const SERVICE_ACCOUNT_KEY = join('api-server', 'service-account.key');

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{ level: Metadata }]
`;

/** The log of every request, with its user. */
export const auditLogOf = (rig: Rig): string => path(rig, 'audit.log');

/** Users, their tokens and the key that signs those of ServiceAccounts are made once. */
const makeCredentials = (rig: Rig): void => {
  if (existsSync(path(rig, 'tokens.csv'))) return;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path(rig, 'service-account.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(path(rig, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  // Every component but Serin may do everything: what is tested is Serin's rights.
  const lines = USERS.map((user, index) => `${randomBytes(16).toString('hex')},${user},${index},"system:masters"`);
  writeFileSync(path(rig, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
};

/** The token of a user of the token file. */
export const tokenOf = (rig: Rig, user: User): string => {
  const line = readFileSync(path(rig, 'tokens.csv'), 'utf8')
    .split('\n')
    .find((one) => one.split(',')[1] === user);
  return line?.split(',')[0] ?? '';
};

/** A kubeconfig for a token. */
export const kubeconfig = (rig: Rig, token: string): string => `apiVersion: v1
kind: Config
clusters: [{ name: ${rig.name}, cluster: { server: '${SERVER}', certificate-authority: '${join(rig.folder, CERTIFICATE)}' } }]
users: [{ name: user, user: { token: '${token}' } }]
contexts: [{ name: ${rig.name}, context: { cluster: ${rig.name}, user: user } }]
current-context: ${rig.name}
`;

/** The server's own words, such as `ok`; rejects while it does not listen. */
const readyz = (rig: Rig): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${tokenOf(rig, 'admin')}` };
    const ca = readFileSync(join(rig.folder, CERTIFICATE));
    const asked = request(`${SERVER}/readyz`, { headers, ca, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer in 2 s')));
    asked.end();
  });

export const apiServer: Component = {
  name: 'kube-apiserver',
  prepare: (rig) => {
    mkdirSync(path(rig, ''), { recursive: true });
    makeCredentials(rig);
    writeFileSync(path(rig, 'audit-policy.yaml'), AUDIT_POLICY);
    for (const user of USERS)
      writeFileSync(kubeconfigOf(rig, user), kubeconfig(rig, tokenOf(rig, user)), { mode: 0o600 });
  },
  argv: (rig) => [
    program(rig, 'kube-apiserver'),
    `--etcd-servers=http://127.0.0.1:${PORTS.etcd}`,
    `--bind-address=${ADDRESS}`,
    `--secure-port=${PORTS.api}`,
    `--advertise-address=${ADDRESS}`,
    '--endpoint-reconciler-type=none',
    `--cert-dir=${path(rig, '')}`,
    '--service-cluster-ip-range=10.96.0.0/12',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path(rig, 'service-account.pub')}`,
    `--service-account-signing-key-file=${join(rig.folder, SERVICE_ACCOUNT_KEY)}`,
    `--token-auth-file=${path(rig, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    `--audit-policy-file=${path(rig, 'audit-policy.yaml')}`,
    `--audit-log-path=${auditLogOf(rig)}`,
    '--audit-log-maxsize=2000',
    // Everything asks from one address; a soak asks a lot.
    '--max-requests-inflight=1500',
    '--max-mutating-requests-inflight=800',
  ],
  ready: readyz,
};
