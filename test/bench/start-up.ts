import { setTimeout } from 'node:timers/promises';
import type { BundleProcess } from './bundle-process.ts';
import type { Measure } from './measure.ts';

const IDLE_MS = 5_000;
const MEBIBYTE = 1024 * 1024;

/** How long a process that was just started took to be ready, and what it holds once it has rested. */
export const startUp = async (controller: BundleProcess, canaries: number): Promise<readonly Measure[]> => {
  await setTimeout(IDLE_MS);
  const resident = await controller.residentBytes();
  const common = { budget: '', held: undefined, detail: 'the bundle, as a process against the sandbox over HTTP' };
  return [
    { ...common, name: `Start → ready, ${canaries} canaries`, value: controller.readyMs, unit: 'ms' },
    ...(resident === undefined
      ? []
      : [
          {
            ...common,
            name: `Memory (RSS) after ${IDLE_MS / 1000} s at rest, ${canaries} canaries`,
            value: resident / MEBIBYTE,
            unit: 'MiB',
          },
        ]),
  ];
};
