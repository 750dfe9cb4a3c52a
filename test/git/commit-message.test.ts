import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitMessage, subjectOf } from '#src/git/commit-message.ts';
import { operationsIn } from '#src/git/trailers.ts';
import { formatImage, parseImage, shortVersion } from '#src/lib/image-reference.ts';
import { numbered, recordOperation, revertOperation } from './operation.ts';

test('subjects say what and why', () => {
  const subject = (sentence: string): string => subjectOf(revertOperation({ run: { sentence } }));
  assert.equal(
    subject('request-duration 812 ms is above 500 ms.'),
    'Revert podinfo to 6.7.0: request-duration 812 ms is above 500 ms',
  );
  assert.equal(subjectOf(recordOperation()), 'Record podinfo 6.8.0 as stable');
  const quarantine = revertOperation({ kind: 'record', edits: [] });
  assert.equal(subjectOf(quarantine), 'Quarantine podinfo 6.8.0: request-success-rate 48.2 % is below 99 %');
  const long = subject(`the ${'very '.repeat(40)}long\nstory`);
  assert.ok(long.length <= 100 && long.endsWith('…') && !long.includes('\n'), long);
});

test('a sentence cannot forge trailers', () => {
  const message = commitMessage([revertOperation({ run: { sentence: 'Bad\n\nSerin-Operation: 0123456789abcdef' } })], {
    skipCi: true,
  });
  assert.deepEqual(operationsIn(message), [revertOperation().id]);
  const template = '{{ subject }}\n\nSerin-Operation: forged\n{{ sentence }}';
  assert.deepEqual(operationsIn(commitMessage([revertOperation()], { skipCi: false, template })), [
    revertOperation().id,
  ]);
});

test('who has ended a run, why, and who has opened its gates stand in trailers, in ASCII and on one line', () => {
  const reason = `zu früh\n🚀 ${'x'.repeat(600)}`;
  const run = { requestedBy: 'jörg@example.com', reason, approvedBy: ['alice', 'bob'] };
  const message = commitMessage([revertOperation({ run })], { skipCi: true });
  assert.match(message, /^Serin-Requested-By: j\\u\{f6\}rg@example\.com$/m);
  assert.match(message, /^Serin-Reason: zu fr\\u\{fc\}h \\u\{1f680\} x{480,}$/m);
  assert.match(message, /^Serin-Approved-By: alice\nSerin-Approved-By: bob$/m);
  assert.match(commitMessage([revertOperation({ run: { reason: '\n' } })], { skipCi: true }), /^Serin-Reason: -$/m);
});

test('a reason that is wrapped into a line of its own is no trailer', () => {
  const sentence = `Aborted: ${'a'.repeat(70)} Serin-Operation: 0123456789abcdef ${'b'.repeat(70)}`;
  const message = commitMessage([revertOperation({ run: { sentence } })], { skipCi: true });
  assert.match(message, /^> Serin-Operation: 0123456789abcdef$/m);
  assert.deepEqual(operationsIn(message), [revertOperation().id]);
});

test('a trailer is one line of ASCII, or there is no commit', () => {
  for (const bad of ['a\nSerin-Operation: x', 'ä', 'x'.repeat(600)]) {
    assert.throws(
      () => commitMessage([revertOperation({ run: { id: bad } })], { skipCi: true }),
      /Cannot write trailer Serin-Run/,
    );
  }
});

test('a template is the text, the trailers stay', () => {
  const message = commitMessage([revertOperation()], {
    skipCi: false,
    template: 'chore: {{subject}}\n\n{{ run }} {{ from }} {{ to }}',
  });
  assert.match(
    message,
    /^chore: Revert podinfo to 6\.7\.0: .*\n\nbad1-2 ghcr\.io\/.*:6\.8\.0 ghcr\.io\/.*:6\.7\.0\n\nSerin-Operation: /,
  );
  assert.doesNotMatch(message, /skip ci/);
});

test('one commit for several operations holds a trailer group for each', () => {
  const operations = [1, 2].map((number) => numbered(recordOperation(), number));
  const message = commitMessage(operations, { skipCi: true });
  assert.match(message, /^Record 2 outcomes\n\nRecord podinfo-1 6\.8\.0 as stable\n/);
  assert.deepEqual(
    operationsIn(message),
    operations.map(({ id }) => id),
  );
});

test('image references', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  for (const text of ['a', 'a:1', 'host:5000/a/b:1.2-x_y', `a@${digest}`, `host:5000/a:1@${digest}`, 'host:5000/a']) {
    const image = parseImage(text);
    assert.equal(image === undefined ? undefined : formatImage(image), text);
  }
  assert.deepEqual(parseImage('host:5000/a:1'), { name: 'host:5000/a', tag: '1' });
  for (const text of ['', 'a b', 'a:', '{{ x }}:1', 'a@sha256:1']) assert.equal(parseImage(text), undefined, text);
  assert.deepEqual(
    [shortVersion('a:1'), shortVersion(`a@${digest}`), shortVersion('a')],
    ['1', 'sha256:aaaaaaaaaaaa', 'a'],
  );
});
