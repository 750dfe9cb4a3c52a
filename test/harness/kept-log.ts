import { pino } from 'pino';
import { isRecord } from '#src/lib/json.ts';
import type { Log } from '#src/telemetry/log.ts';

/** One line of a log. */
export type Line = { readonly level: number; readonly msg: string; readonly [key: string]: unknown };

/** A log that keeps its lines, for tests of what people are told. */
export const keptLog = (level = 'info'): { readonly log: Log; readonly lines: readonly Line[] } => {
  const lines: Line[] = [];
  const write = (text: string): void => {
    const line: unknown = JSON.parse(text);
    if (isRecord(line)) lines.push({ ...line, level: Number(line['level']), msg: String(line['msg']) });
  };
  return { log: pino({ level, base: null, timestamp: false }, { write }), lines };
};
