import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** Keys that never reach a log line, wherever they stand. */
const SECRET_KEYS = ['token', 'password', 'authorization', 'hmac', 'identity', 'secret', 'address'];

/**
 * JSON lines to a file descriptor, written synchronously: a worker thread would lose the last lines of a crash.
 * Messages are constant; what varies stands in keys.
 */
export const createLog = (options: { readonly level: string; readonly fd?: number; readonly now: () => number }): Log =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: options.fd ?? 1, sync: true }),
  );
