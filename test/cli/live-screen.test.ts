import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveScreen } from '#src/cli/view/live-screen.ts';
import { VirtualClock } from '#src/lib/virtual-clock.ts';

const aScreen = (rows = 10) => {
  const clock = new VirtualClock(0);
  const written: string[] = [];
  const screen = new LiveScreen({ write: (text) => void written.push(text), rows: () => rows }, clock);
  return { clock, written, screen };
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
