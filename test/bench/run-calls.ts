import type { AuditEntry } from '#src/sandbox/api/audit.ts';
import { aDeployment } from '#test/harness/manifests.ts';
import { ended } from '#test/harness/release.ts';
import { aFleet, USER } from './fleet.ts';
import { type Measure, numberText } from './measure.ts';

const STEPS = [10, 20, 30, 40, 50];
/** So many that the canary grows at every step. */
const REPLICAS = 10;
const READS: readonly string[] = ['get', 'list'];

const isRead = ({ verb }: AuditEntry): boolean => READS.includes(verb);
const isEvent = ({ resource }: AuditEntry): boolean => resource === 'events.events.k8s.io';
const isSize = ({ resource }: AuditEntry): boolean => resource === 'deployments.apps';
const isRoute = ({ resource }: AuditEntry): boolean => resource.startsWith('httproutes.');

/** The calls of each step: those after the write of one weight, up to and with the write of the next. */
const byStep = (calls: readonly AuditEntry[]): readonly (readonly AuditEntry[])[] => {
  const routeWrites = calls.flatMap((call, index) => (isRoute(call) ? [index] : []));
  return STEPS.slice(1).map((_, step) => calls.slice((routeWrites[step] ?? 0) + 1, (routeWrites[step + 1] ?? 0) + 1));
};

const nameOf = ({ verb, resource, subresource }: AuditEntry): string =>
  `${verb} ${resource.split('.')[0]}${subresource === undefined ? '' : `/${subresource}`}`;

/** What one good run of five steps asks of the API server and of the controller. */
export const runCalls = async (): Promise<readonly Measure[]> => {
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  const analysis = { interval: '5s', threshold: 2, stepWeights: STEPS, metrics };
  const { world, stop, reconciles } = await aFleet(1, { analysis, replicas: REPLICAS, requestsPerSecond: 50 });
  const calls: AuditEntry[] = [];
  const before = await reconciles();
  const unlisten = world.cluster.api.audit.listen((entry) => {
    if (entry.user === USER && entry.verb !== 'watch') calls.push(entry);
  });
  world.apply(aDeployment('podinfo:6.1.0', { replicas: 0 }));
  await world.clock.until(ended(world, 1), 240_000);
  // Old pods end, the canary goes.
  await world.clock.advance(30_000);
  unlisten();
  const looks = (await reconciles()) - before;
  const outcome = world.canary().history[0]?.outcome;
  await stop();
  if (outcome !== 'Promoted') throw new Error(`Cannot count the calls of a good run: it ended with ${outcome}`);
  const steps = byStep(calls);
  const most = (counts: (call: AuditEntry) => boolean): number =>
    Math.max(...steps.map((step) => step.filter(counts).length));
  const writes = most((call) => !isRead(call) && !isEvent(call) && !isSize(call));
  const events = most(isEvent);
  const reads = most(isRead);
  const kinds = [...new Set(calls.map(nameOf))].map(
    (name) => `${calls.filter((call) => nameOf(call) === name).length} ${name}`,
  );
  return [
    {
      name: 'Writes per progressing step',
      budget: '≤ 2 (route, status)',
      value: writes,
      unit: 'calls',
      held: writes <= 2 && events <= 1 && reads === 0,
      detail: `most of ${steps.length} steps; events ${events} (≤ 1), reads ${reads} (0), and ${most(isSize)} write that sizes the canary of ${REPLICAS} replicas`,
    },
    {
      name: 'API calls of a whole run of 5 steps',
      budget: '≤ 40',
      value: calls.length,
      unit: 'calls',
      held: calls.length <= 40 && !calls.some(isRead),
      detail: kinds.join(', '),
    },
    {
      name: 'Reconciles of a whole run of 5 steps',
      budget: '',
      value: looks,
      unit: 'reconciles',
      held: undefined,
      detail: `${numberText(looks / calls.length)} for each API call`,
    },
  ];
};
