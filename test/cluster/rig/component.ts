import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { logOf, runningPid, startProcess } from './processes.ts';
import type { Rig } from './rig.ts';

/** One program of the cluster. */
export type Component = {
  readonly name: string;
  /** Writes what it reads. Called before each start. */
  readonly prepare?: (rig: Rig) => Promise<void> | void;
  readonly argv: (rig: Rig) => readonly string[];
  readonly environment?: (rig: Rig) => Readonly<Record<string, string>>;
  readonly ready: (rig: Rig) => Promise<boolean>;
};

const LIMIT_MS = 60_000;

/** Starts it unless it runs, and resolves when it is ready. Rejects with the end of its log when it never is. */
export const startComponent = async (rig: Rig, component: Component): Promise<void> => {
  const { name } = component;
  if (runningPid(rig, name) === undefined) {
    await component.prepare?.(rig);
    startProcess(rig, { name, argv: component.argv(rig), environment: component.environment?.(rig) ?? {} });
  }
  for (let waited = 0; waited < LIMIT_MS; waited += 50) {
    if (await component.ready(rig).catch(() => false)) return;
    if (runningPid(rig, name) === undefined) break;
    await setTimeout(50);
  }
  const found = runningPid(rig, name) === undefined ? 'it has ended' : `it is not ready after ${LIMIT_MS / 1000} s`;
  const log = readFileSync(logOf(rig, name), 'utf8').trimEnd().split('\n').slice(-10).join('\n');
  throw new Error(`Cannot start ${name}: ${found}. The end of ${logOf(rig, name)}:\n${log}`);
};

/** True when the URL answers with status 200. */
export const answers = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2000) })).status === 200;
