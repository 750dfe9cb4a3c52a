import { generateKeyPairSync } from 'node:crypto';
import type { KubeObject } from '../../lib/kube-object.ts';
import { NAMESPACE } from './manifests.ts';
import type { Receiver } from './receiver.ts';

const secret = (name: string, content: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: NAMESPACE },
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(content).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});

const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const serin = (kind: string, name: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: 'serin.dev/v1alpha1',
  kind,
  metadata: { name, namespace: NAMESPACE },
  spec,
});

/** A fresh Ed25519 key in OpenSSH's format (PROTOCOL.key of OpenSSH), without passphrase. */
export const signingKey = (): string => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(jwk.d ?? '', 'base64url'), Buffer.from(jwk.x ?? '', 'base64url')];
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string | Buffer): Buffer =>
    Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);
  const type = 'ssh-ed25519';
  const publicKey = Buffer.concat([text(type), text(point)]);
  const check = uint32(1);
  const secrets = [check, check, text(type), text(point), text(Buffer.concat([seed, point])), text('serin')];
  const length = Buffer.concat(secrets).length;
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    uint32(1),
    text(publicKey),
    text(Buffer.concat([...secrets, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
};

/** What a platform team sets up once: namespaces, the Repository with its credential and key, and the receivers. */
export const platformObjects = (options: {
  readonly repositoryUrl: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly receiver: Receiver;
}): readonly KubeObject[] => [
  ...[NAMESPACE, 'serin-system', 'flux-system'].map(namespace),
  secret('config-git', options.login),
  secret('serin-signing', { identity: signingKey() }),
  secret('slack', { address: options.receiver.url('slack') }),
  secret('audit', { address: options.receiver.url('webhook'), hmac: 'demo-hmac' }),
  serin('Repository', 'config', {
    url: options.repositoryUrl,
    branch: 'main',
    secretRef: { name: 'config-git' },
    signingKeyRef: { name: 'serin-signing' },
    author: { name: 'Serin', email: 'serin@example.com' },
  }),
  serin('NotificationProvider', 'slack', { type: 'slack', secretRef: { name: 'slack' } }),
  serin('NotificationProvider', 'audit', { type: 'webhook', secretRef: { name: 'audit' } }),
];
