import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLines } from '#src/kube/split-lines.ts';

const linesOf = async (chunks: readonly Uint8Array[], maxLength = 100): Promise<string[]> => {
  async function* stream() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of splitLines(stream(), { maxLength })) lines.push(line);
  return lines;
};

test('finds the same lines wherever the bytes are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"é€😀"}\r\n\n{"b":1}\nrest');
  const whole = ['{"a":"é€😀"}', '{"b":1}', 'rest'];
  assert.deepEqual(await linesOf([bytes]), whole);
  assert.deepEqual(await linesOf([...bytes].map((byte) => Uint8Array.of(byte))), whole);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]), whole);
  }
});

test('refuses a line without end', async () => {
  await assert.rejects(
    linesOf([new Uint8Array(60).fill(97), new Uint8Array(60).fill(97)]),
    /longer than 100 characters/,
  );
  assert.equal((await linesOf([new TextEncoder().encode(`${'a'.repeat(100)}\n${'b'.repeat(100)}\n`)])).length, 2);
});
