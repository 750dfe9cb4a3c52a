import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveScreen } from '#src/cli/view/live-screen.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

const aScreen = (rows = 10) => {
  const clock = new VirtualClock(0);
  const written: string[] = [];
  const undos = new Set<() => void>();
  const window = { columns: 80, rows };
  const terminal = {
    write: (text: string) => void written.push(text),
    columns: () => window.columns,
    rows: () => window.rows,
    atExit: (undo: () => void) => {
      undos.add(undo);
      return () => void undos.delete(undo);
    },
  };
  return { clock, written, window, undos, screen: new LiveScreen(terminal, clock) };
};

test('rewrites only the lines that changed', async () => {
  const { clock, written, screen } = aScreen();
  screen.draw(['a', 'b', 'c']);
  await clock.advance(1000);
  written.length = 0;
  screen.draw(['a', 'B', 'c']);
  assert.deepEqual(written, ['\u001b[2;1HB\u001b[K']);
});

test('draws at most every 200 ms, and the newest frame', async () => {
  const { clock, written, screen } = aScreen();
  screen.draw(['1']);
  written.length = 0;
  screen.draw(['2']);
  screen.draw(['3']);
  assert.deepEqual(written, []);
  await clock.advance(200);
  assert.deepEqual(written, ['\u001b[1;1H3\u001b[K']);
});

test('gives the terminal back and leaves the last frame in the scrollback', () => {
  const { written, screen } = aScreen();
  screen.draw(['last']);
  screen.close();
  screen.close();
  assert.equal(written.at(-1), '\u001b[?25h\u001b[?1049llast\n');
  assert.equal(written.filter((text) => text.includes('1049l')).length, 1);
});

test('never writes below the window', () => {
  const { written, screen } = aScreen(2);
  screen.draw(['a', 'b', 'c']);
  assert.ok(!written.join('').includes('c'));
});

test('draws everything anew when the window changes its size', async () => {
  const { clock, written, window, screen } = aScreen();
  screen.draw(['a', 'b']);
  await clock.advance(200);
  window.columns = 60;
  screen.draw(['a', 'b']);
  assert.equal(written.at(-1), '\u001b[2J\u001b[1;1Ha\u001b[K\u001b[2;1Hb\u001b[K');
});

test('an end of the process that passes by close gives the terminal back all the same', () => {
  const { written, undos, screen } = aScreen();
  assert.equal(undos.size, 0);
  screen.draw(['a']);
  for (const undo of undos) undo();
  assert.equal(written.at(-1), '\u001b[?25h\u001b[?1049l');
  screen.close();
  assert.equal(undos.size, 0);
});

test('a screen that never drew leaves the terminal alone', () => {
  const { written, screen } = aScreen();
  screen.close();
  assert.deepEqual(written, []);
});
