#!/usr/bin/env node
// Runs a TypeScript entry point of this project with the project's own Node, installing what is missing first.
// Plain JavaScript for any maintained Node, because it runs before the project's Node is there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.serin-lock');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(node);
if (!installed) {
  process.stderr.write('Installing dependencies (npm ci) …\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write(`Cannot install dependencies: npm ci ended with ${npm.status ?? npm.error}\n`);
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

const [first, ...rest] = process.argv.slice(2);
const asBin = first === '--bin';
const entry = asBin
  ? join(modules, '.bin', rest[0] ?? '')
  : first !== undefined && existsSync(join(root, first)) && first.endsWith('.ts')
    ? join(root, first)
    : join(root, 'src', 'main.ts');
const args = asBin
  ? rest.slice(1)
  : entry === join(root, 'src', 'main.ts') && first !== 'src/main.ts'
    ? process.argv.slice(2)
    : rest;
const child = spawn(node, [entry, ...args], { stdio: 'inherit', cwd: asBin ? root : process.cwd() });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.exit(128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
  process.exit(code ?? 1);
});
