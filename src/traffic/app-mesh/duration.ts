import { durationMs } from '../../api/duration.ts';
import type { JsonRecord } from '../../lib/json.ts';

/** A duration such as `1m30s` in App Mesh's words. */
export const meshDuration = (duration: string): JsonRecord => ({ unit: 'ms', value: durationMs(duration) });
