import { durationMs } from '../duration.ts';
import type { RuleBody } from './rule.ts';

/** `interval` must be a second or longer: nothing is measured more often. */
export const intervalRule: RuleBody<{ readonly interval?: string | undefined }> = {
  field: 'interval',
  sentence: 'interval {interval} is too short: want 1s or more',
  cel: '!has(self.interval) || duration(self.interval) >= duration("1s")',
  holds: ({ interval }) => interval === undefined || durationMs(interval) >= 1000,
};
