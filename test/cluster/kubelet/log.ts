import { messageOf } from '#src/lib/message-of.ts';

/** Writes one line of JSON to standard error: a constant message, data in keys. */
export type Log = (message: string, data?: Readonly<Record<string, unknown>>) => void;

export const log: Log = (message, data = {}) => {
  const { error, ...rest } = data;
  const said = error === undefined ? {} : { error: messageOf(error) };
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...rest, ...said })}\n`);
};
