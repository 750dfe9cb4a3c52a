// `npm run bench`: the budgets of the design beside what is measured. Counts are held: one that is broken ends it with
// 1. Times and memory are printed only, because they are the machine's. `--json` for programs; names of groups restrict
// it to them.
import { cpus, totalmem } from 'node:os';
import { deployed } from './deployed.ts';
import { failedRequests } from './failed-requests.ts';
import { idleCalls } from './idle-calls.ts';
import type { Measure } from './measure.ts';
import { prometheusRequests } from './prometheus-requests.ts';
import { runCalls } from './run-calls.ts';
import { scaleUp } from './scale-up.ts';
import { statusSize } from './status-size.ts';
import { tableOf } from './table.ts';

const GROUPS = { idleCalls, runCalls, statusSize, prometheusRequests, failedRequests, scaleUp, deployed } as const;

// So that the controller's process ends with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const flags = process.argv.slice(2);
const wanted = flags.filter((flag) => !flag.startsWith('--'));
const unknown = wanted.filter((name) => !Object.hasOwn(GROUPS, name));
if (unknown.length > 0) {
  process.stderr.write(`No such measure: ${unknown.join(', ')}, want any of ${Object.keys(GROUPS).join(', ')}\n`);
  process.exit(2);
}

const begun = performance.now();
const measures: Measure[] = [];
for (const [name, measure] of Object.entries(GROUPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  measures.push(...(await measure()));
}
const seconds = Math.round((performance.now() - begun) / 1000);
const broken = measures.filter(({ held }) => held === false);
const machine = `Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
const verdict =
  broken.length === 0 ? 'Every counted budget is kept' : `Broken: ${broken.map(({ name }) => name).join('; ')}`;
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify({ machine, seconds, measures }, null, 2)}\n`
    : `${tableOf(measures)}\n\n${verdict}. ${machine}; ${seconds} s.\n`,
);
// Keep-alive connections of the load client would hold the process up.
process.exit(broken.length === 0 ? 0 : 1);
