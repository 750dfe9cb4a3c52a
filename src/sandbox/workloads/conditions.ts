import { isRecord, stringAt } from '../../lib/json.ts';
import { timestamp } from '../api/metadata.ts';

/** A condition of any built-in kind. */
export type StatusCondition = {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime: string;
};

/** The condition of that type among those of a status. */
export const conditionOf = (conditions: readonly unknown[], type: string): unknown =>
  conditions.find((condition) => stringAt(condition, 'type') === type);

export const conditionStatus = (conditions: readonly unknown[], type: string): string | undefined =>
  stringAt(conditionOf(conditions, type), 'status');

/** `wanted` as it should be stored: the time of the last transition stays while the status does. */
export const carriedOver = (
  previous: readonly unknown[],
  wanted: Omit<StatusCondition, 'lastTransitionTime'>,
  now: number,
): StatusCondition => {
  const before = conditionOf(previous, wanted.type);
  const since = stringAt(before, 'lastTransitionTime');
  const same = isRecord(before) && before['status'] === wanted.status && since !== undefined;
  return { ...wanted, lastTransitionTime: same ? since : timestamp(now) };
};
