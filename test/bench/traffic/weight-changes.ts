import { setTimeout } from 'node:timers/promises';
import type { ACluster } from '../../cluster/world/a-cluster.ts';
import { placeOf } from '../../cluster/world/place.ts';
import { until } from '../../cluster/world/until.ts';
import type { MeasuredPlane } from './planes.ts';
import { type Answer, startPolling } from './polling.ts';
import { removeNamespace } from './remove-namespace.ts';
import { startTwoSides, VERSIONS } from './two-sides.ts';
import { startWeightWriter, type WeightWriter } from './weight-writer.ts';

/** One change between 0 and 100 %, in milliseconds. */
export type WeightChange = {
  readonly to: 0 | 100;
  /** From the call to the API server's answer. */
  readonly writeMs: number;
  /** From the API server's answer to the first answer of the side that gets everything now; before it when negative. */
  readonly firstNewMs: number;
  /** From the API server's answer to the last answer of the other side. */
  readonly lastOldMs: number;
  readonly objectsWritten: number;
  readonly answers: number;
  readonly failed: number;
};

/** A side without an answer for so long gets nothing any more. */
const QUIET_MS = 1000;
/** Traefik holds a change back that comes within two seconds of the last one; steps of a release are farther apart. */
const APART_MS = 3000;
const JITTER_MS = 1000;

/** Changes the weight again and again while clients poll. */
export const weightChanges = async (
  cluster: ACluster,
  { of, changes }: { readonly of: MeasuredPlane; readonly changes: number },
): Promise<readonly WeightChange[]> => {
  const { plane } = of;
  const place = placeOf({ namespace: `weights-${plane.toLowerCase()}`, plane, replicas: 2 });
  await startTwoSides(cluster, place);
  const writer = await startWeightWriter(cluster, place);
  try {
    await writer.write(0);
    const heard: Answer[] = [];
    const polling = startPolling(place, (answer) => heard.push(answer));
    try {
      await onlyPrimary(heard);
      const made: WeightChange[] = [];
      while (made.length < changes) made.push(await change({ writer, heard, to: made.length % 2 === 0 ? 100 : 0 }));
      return made;
    } finally {
      await polling.stop();
    }
  } finally {
    await writer.stop();
    await removeNamespace(cluster.rig, place.namespace);
  }
};

const onlyPrimary = (heard: readonly Answer[]): Promise<boolean> =>
  until('answers of the primary alone', () => {
    const last = heard.filter(({ at }) => at > performance.now() - APART_MS);
    return last.length > 100 && last.every(({ version }) => version === VERSIONS.primary);
  });

const change = async (options: {
  readonly writer: WeightWriter;
  readonly heard: Answer[];
  readonly to: 0 | 100;
}): Promise<WeightChange> => {
  const { writer, heard, to } = options;
  const [now, before] = to === 100 ? [VERSIONS.canary, VERSIONS.primary] : [VERSIONS.primary, VERSIONS.canary];
  heard.length = 0;
  const begun = performance.now();
  const objectsWritten = await writer.write(to);
  const written = performance.now();
  const { first, last } = await until(
    `answers of ${now} alone`,
    () => {
      const first = heard.find(({ version }) => version === now);
      const last = heard.findLast(({ version }) => version === before);
      const isOver = first !== undefined && performance.now() - Math.max(first.at, last?.at ?? 0) > QUIET_MS;
      return isOver ? { first, last } : undefined;
    },
    30_000,
  );
  const wait = begun + APART_MS + Math.random() * JITTER_MS - performance.now();
  if (wait > 0) await setTimeout(wait);
  return {
    to,
    writeMs: written - begun,
    firstNewMs: first.at - written,
    lastOldMs: (last?.at ?? begun) - written,
    objectsWritten,
    answers: heard.length,
    failed: heard.filter(({ version }) => version === undefined).length,
  };
};
