import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { loadAll } from 'js-yaml';
import { admit } from '#src/api/admit.ts';
import { API_VERSION } from '#src/api/names.ts';
import { CAUSES, CONDITION_TYPES, NORMAL_REASONS, OUTCOMES, PHASES, TOPICS, WARNING_REASONS } from '#src/api/words.ts';
import { readConfig } from '#src/config.ts';
import { isRecord, stringAt } from '#src/lib/json.ts';
import { createMetrics } from '#src/telemetry/metrics.ts';
import manifest from '../package.json' with { type: 'json' };

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('docs/*.md').sort()];
const text = (page: string): string => readFileSync(page, 'utf8');

/** The code blocks of a language, without the indentation of the list that they stand in. */
const blocks = (page: string, language: string): readonly string[] =>
  [...text(page).matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)]
    .filter(([, , found]) => found === language)
    .map(([, indent = '', , body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));

/** The page without its code blocks, in which nothing is a link. */
const prose = (page: string): string => text(page).replaceAll(/^( *)```.*?^ *```$/gms, '');

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set([...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));

for (const page of PAGES) {
  describe(page, () => {
    test('its YAML can be read, and every object of ours in it is admitted', () => {
      for (const block of blocks(page, 'yaml')) {
        for (const object of loadAll(block)) {
          if (!isRecord(object) || stringAt(object, 'apiVersion') !== API_VERSION) continue;
          const admitted = admit(object);
          assert.deepEqual(admitted.ok ? [] : admitted.problems, [], block);
        }
      }
    });

    test('its JSON can be read', () => {
      for (const block of blocks(page, 'json')) assert.doesNotThrow(() => JSON.parse(block), block);
    });

    test('its links lead somewhere', () => {
      for (const [, link = ''] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(target), `${link} does not exist`);
        if (anchor !== undefined) assert.ok(anchorsOf(target).has(anchor), `${link}: no such heading`);
      }
    });

    test('its npm commands exist', () => {
      const scripts = Object.keys(manifest.scripts);
      for (const [, script = ''] of text(page).matchAll(/npm run ([\w:-]+)/g)) {
        assert.ok(scripts.includes(script), `npm run ${script}`);
      }
    });
  });
}

const named = (page: string, words: readonly string[]): void => {
  const content = text(page);
  assert.deepEqual(
    words.filter((word) => !content.includes(`\`${word}\``)),
    [],
    `missing in ${page}`,
  );
};

test('the pages name every word of the closed lists', () => {
  named('docs/concepts.md', [...OUTCOMES, ...CAUSES, ...PHASES, ...CONDITION_TYPES]);
  named('docs/concepts.md', [...NORMAL_REASONS, ...WARNING_REASONS]);
  named('docs/notifications.md', TOPICS);
});

test('every row of docs/strategies.md names tests of the cluster that exist', () => {
  const rows = text('docs/strategies.md')
    .split('\n')
    .filter((line) => line.split('|').length === 6 && !/^\| (strategy|---)/.test(line))
    .map((line) => line.split('|')[4] ?? '');
  assert.ok(rows.length >= 10, `${rows.length} rows`);
  const tests = globSync('test/cluster/**/*{.test,-stories}.ts').map(text).join('\n');
  for (const shown of rows) {
    const [files = '', names = ''] = shown.split(/: (.*)/s);
    for (const [, file = ''] of files.matchAll(/`([^`]+)`/g)) assert.ok(existsSync(`test/cluster/${file}`), file);
    for (const name of names.trim().split('; ')) assert.ok(tests.includes(name), `a test named ${name}`);
  }
});

test('docs/operations.md names every setting, its variable and every metric', async () => {
  const everything = readConfig({
    environment: { SERIN_NAMESPACE: 'a', SERIN_KUBECONFIG: 'b' },
    flags: { gitDirectory: 'c' },
  });
  const settings = Object.keys(everything);
  named('docs/operations.md', settings);
  const variables = settings.map(
    (name) => `SERIN_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  );
  named('docs/operations.md', variables);
  const metrics = createMetrics('1.2.3');
  metrics.observe('queue_depth', () => 0);
  metrics.observe('effects_pending', () => 0);
  named(
    'docs/operations.md',
    [...(await metrics.text()).matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name),
  );
});

test('docs/real-cluster.md names every test on a real cluster', () => {
  const files = globSync('test/cluster/*.test.ts').map((file) => basename(file));
  named('docs/real-cluster.md', files);
});

test('docs/operations.md names every flag of the controller', () => {
  const [, command = ''] = /\.command\('controller'\)(.*?)\.action/s.exec(text('src/cli/program.ts')) ?? [];
  const flags = [...command.matchAll(/\.option\('(--[\w-]+)/g)].map(([, flag = '']) => flag);
  assert.ok(flags.includes('--metrics-server'));
  named('docs/operations.md', flags);
});

test('docs/troubleshooting.md quotes sentences that the product says', () => {
  const sources = globSync('src/**/*.ts', { exclude: ['src/sandbox/**'] }).map(text);
  const source = sources.join('\n').replaceAll(/[`'] \+\n\s+[`']/g, '');
  const quoted = [...text('docs/troubleshooting.md').matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, sentence = '']) => sentence,
  );
  assert.ok(quoted.length > 40);
  const parts = quoted.flatMap((sentence) => sentence.split('…').map((part) => part.trim()));
  assert.deepEqual(
    parts.filter((part) => !source.includes(part)),
    [],
  );
});
