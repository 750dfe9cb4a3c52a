import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, createStore } from '#src/kube/store.ts';

type Pod = { readonly owners: readonly string[]; readonly ready: boolean };
const pod = (ready: boolean, ...owners: string[]): Pod => ({ owners, ready });

const setUp = () => {
  const errors: unknown[] = [];
  const store = createStore({
    indexes: { owner: ({ owners }: Pod) => owners },
    onListenerError: (error) => errors.push(error),
  });
  return { ...store, errors };
};

test('finds values by key and by index, as they are now', () => {
  const { reader, writer } = setUp();
  writer.set('a/1', pod(true, 'x', 'y'));
  writer.set('a/2', pod(false, 'x'));
  assert.equal(reader.get('a/1')?.ready, true);
  assert.equal(reader.byIndex('owner', 'x').length, 2);
  assert.equal(reader.byIndex('owner', 'y').length, 1);
  writer.set('a/1', pod(true, 'z'));
  assert.deepEqual(reader.byIndex('owner', 'x'), [pod(false, 'x')]);
  assert.deepEqual(reader.byIndex('owner', 'y'), []);
  writer.remove('a/1');
  assert.deepEqual(reader.byIndex('owner', 'z'), []);
  assert.equal(reader.size(), 1);
});

test('is synced after the first replacement, and tells only differences', () => {
  const { reader, writer } = setUp();
  const kept = pod(true, 'x');
  writer.replace(
    new Map([
      ['a/1', kept],
      ['a/2', pod(true)],
    ]),
  );
  assert.equal(reader.synced(), true);
  const changes: Change<Pod>[] = [];
  reader.onChange((change) => {
    changes.push(change);
    assert.equal(reader.size(), 2, 'listeners see the store whole');
  });
  writer.replace(
    new Map([
      ['a/1', kept],
      ['a/3', pod(false)],
    ]),
  );
  assert.deepEqual(changes, [
    { key: 'a/2', before: pod(true), after: undefined },
    { key: 'a/3', before: undefined, after: pod(false) },
  ]);
});

test('a listener that throws stops neither the store nor the others', () => {
  const { reader, writer, errors } = setUp();
  const seen: string[] = [];
  reader.onChange(() => {
    throw new Error('boom');
  });
  const cancel = reader.onChange(({ key }) => seen.push(key));
  writer.set('a/1', pod(true));
  cancel();
  writer.remove('a/1');
  writer.remove('a/1');
  assert.deepEqual(seen, ['a/1']);
  assert.equal(errors.length, 2);
});
