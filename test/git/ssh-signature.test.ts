import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { parseOpensshKey } from '#src/git/openssh-key.ts';
import { publicKeyText, sshSignature } from '#src/git/ssh-signature.ts';
import { SIGNING_IDENTITY, SIGNING_PUBLIC } from './signing-identity.ts';

const wire = (text: string | Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.from(text).length);
  return Buffer.concat([length, Buffer.from(text)]);
};

test('reads the key that ssh-keygen wrote', () => {
  assert.equal(publicKeyText(parseOpensshKey(SIGNING_IDENTITY)), SIGNING_PUBLIC);
});

test('signs as PROTOCOL.sshsig says, always the same', () => {
  const key = parseOpensshKey(SIGNING_IDENTITY);
  const payload = Buffer.from('tree 1\n\nmessage\n');
  const armored = sshSignature(payload, key);
  assert.equal(sshSignature(payload, key), armored);
  const lines = armored.split('\n');
  assert.deepEqual(
    [lines[0], lines.at(-2), lines.at(-1)],
    ['-----BEGIN SSH SIGNATURE-----', '-----END SSH SIGNATURE-----', ''],
  );
  assert.ok(lines.slice(1, -2).every((line) => line.length <= 70));

  const blob = Buffer.from(lines.slice(1, -2).join(''), 'base64');
  const signature = blob.subarray(-64);
  const publicBlob = Buffer.from(SIGNING_PUBLIC.split(' ')[1] ?? '', 'base64');
  const common = [wire('git'), wire(''), wire('sha512')];
  const inner = Buffer.concat([wire('ssh-ed25519'), wire(signature)]);
  const expected = [Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1]), wire(publicBlob), ...common, wire(inner)];
  assert.deepEqual(blob, Buffer.concat(expected));
  const hash = createHash('sha512').update(payload).digest();
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...common, wire(hash)]);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicBlob.subarray(-32)]);
  assert.ok(verify(null, signed, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature));
});

test('refuses other keys with what it wants', () => {
  const cut = SIGNING_IDENTITY.split('\n');
  const damaged = [cut[0], cut[1], cut.at(-2)].join('\n');
  const body = Buffer.from(cut.slice(1, -2).join(''), 'base64').toString('latin1');
  const altered = (from: string, to: string): string =>
    `${cut[0]}\n${Buffer.from(body.replaceAll(from, to), 'latin1').toString('base64')}\n${cut.at(-2)}\n`;
  const cases: readonly [text: string, words: RegExp][] = [
    ['', /no OpenSSH private key/],
    [SIGNING_IDENTITY.replaceAll('OPENSSH', 'RSA'), /no OpenSSH private key/],
    [damaged, /damaged/],
    [altered('none', 'aes2'), /encrypted/],
    [altered('ssh-ed25519', 'ssh-ed44819'), /its type is ssh-ed44819/],
    [altered('openssh-key-v1', 'openssh-key-v2'), /openssh-key-v1/],
  ];
  for (const [text, words] of cases) assert.throws(() => parseOpensshKey(text), words);
});
