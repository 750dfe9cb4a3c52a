import { createPrivateKey, type KeyObject } from 'node:crypto';
import { GitError } from './git-error.ts';

/** An Ed25519 key pair as read from OpenSSH's own format. */
export type SigningKey = {
  readonly privateKey: KeyObject;
  /** The 32 bytes of the public key. */
  readonly publicKey: Buffer;
};

const MAGIC = 'openssh-key-v1\0';
/** PKCS#8 wrapping of a raw Ed25519 seed (RFC 8410), up to the seed. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Reads length-prefixed fields of the SSH wire format (RFC 4251, section 5). */
class WireReader {
  #rest: Buffer;
  constructor(data: Buffer) {
    this.#rest = data;
  }
  number(): number {
    return this.bytes(4).readUInt32BE();
  }
  string(): Buffer {
    return this.bytes(this.number());
  }
  bytes(length: number): Buffer {
    if (length > this.#rest.length) throw new RangeError('it is cut off');
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

/**
 * Reads a private key as `ssh-keygen -t ed25519 -N ''` writes it (PROTOCOL.key of OpenSSH), which Node cannot.
 * Throws GitError `config`; its text never contains a part of the key.
 */
export const parseOpensshKey = (text: string): SigningKey => {
  const wrong = (why: string): GitError =>
    new GitError('config', `Cannot read signing key: ${why}, want an Ed25519 key in OpenSSH format without passphrase`);
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1];
  if (body === undefined) throw wrong('it is no OpenSSH private key');
  const data = Buffer.from(body, 'base64');
  if (data.toString('latin1', 0, MAGIC.length) !== MAGIC) throw wrong('it does not begin with openssh-key-v1');
  try {
    const outer = new WireReader(data.subarray(MAGIC.length));
    if (outer.string().toString() !== 'none') throw wrong('it is encrypted');
    outer.string();
    outer.string();
    if (outer.number() !== 1) throw wrong('it holds more than one key');
    outer.string();
    const inner = new WireReader(outer.string());
    const [check, again] = [inner.number(), inner.number()];
    if (check !== again) throw wrong('it is damaged');
    const type = inner.string().toString();
    if (type !== 'ssh-ed25519') throw wrong(`its type is ${type.slice(0, 40)}`);
    const publicKey = Buffer.from(inner.string());
    const seed = inner.string().subarray(0, 32);
    const der = Buffer.concat([PKCS8_HEAD, seed]);
    return { privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), publicKey };
  } catch (error) {
    // The cause is left out on purpose: errors of the key parser may quote their input.
    throw error instanceof GitError ? error : wrong('it is damaged');
  }
};
