import { createHash, sign } from 'node:crypto';
import type { SigningKey } from './openssh-key.ts';

/** A string of the SSH wire format: length, then bytes. */
const wire = (data: Buffer | string): Buffer => {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const NAMESPACE = 'git';
const KEY_TYPE = 'ssh-ed25519';

/** The public key as SSH writes it, for `authorized_keys` and `allowed_signers`: `ssh-ed25519 AAAA…`. */
export const publicKeyText = (key: SigningKey): string => `${KEY_TYPE} ${publicKeyBlob(key).toString('base64')}`;

const publicKeyBlob = (key: SigningKey): Buffer => Buffer.concat([wire(KEY_TYPE), wire(key.publicKey)]);

/** Signs `payload` for Git as OpenSSH's PROTOCOL.sshsig says; the same payload always gives the same armored text. */
export const sshSignature = (payload: Buffer, key: SigningKey): string => {
  const hash = createHash('sha512').update(payload).digest();
  const common = [wire(NAMESPACE), wire(''), wire('sha512')];
  const signature = sign(null, Buffer.concat([Buffer.from('SSHSIG'), ...common, wire(hash)]), key.privateKey);
  const version = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    Buffer.from('SSHSIG'),
    version,
    wire(publicKeyBlob(key)),
    ...common,
    wire(Buffer.concat([wire(KEY_TYPE), wire(signature)])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
};
