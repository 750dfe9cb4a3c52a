import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { isRecord, recordAt } from '#src/lib/json.ts';
import type { KubeObject } from '#src/lib/kube-object.ts';
import { isWrite } from '#src/sandbox/faults/fault.ts';
import { aWorld, canaryRef, type World } from './a-world.ts';
import { aCanary, aConfigMap, aDeployment, adopting, aRoute, aService } from './manifests.ts';

/** What somebody wrote: the team an object, as kubectl applies it; a controller a request. */
type Written = { readonly at: number } & ({ readonly applied: KubeObject } | { readonly request: KubeRequest });

/** The life of a Canary as it was written to the API server, by some version of Serin, until two moments of it. */
export type Tape = {
  /** When nothing is going on, after one release; monotonic ms. */
  readonly settled: number;
  /** In the middle of the next run. */
  readonly running: number;
  readonly written: readonly Written[];
};

const SERIN = { manager: 'serin' } as const;

/** Stands for the Canary's uid, which another world gives anew. */
const UID = 'UID-OF-THE-CANARY';
const OF_ANOTHER_WORLD = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'];

const withoutIdentity = (body: unknown): unknown => {
  if (!isRecord(body)) return body;
  const metadata = Object.entries(recordAt(body, 'metadata')).filter(([key]) => !OF_ANOTHER_WORLD.includes(key));
  const { preconditions: _, ...rest } = body;
  return { ...rest, ...(metadata.length === 0 ? {} : { metadata: Object.fromEntries(metadata) }) };
};

const isStatus = (written: Written): boolean => 'request' in written && written.request.path.endsWith('/status');

/** Without the statuses that others follow before somebody looks. */
const thinned = ({ settled, written, ...tape }: Tape): Tape => {
  const last = (before: number): Written | undefined => written.findLast((one) => isStatus(one) && one.at <= before);
  const kept = [last(settled), last(Number.POSITIVE_INFINITY)];
  return { ...tape, settled, written: written.filter((one) => !isStatus(one) || kept.includes(one)) };
};

/** podinfo with settings, behind a route that lives in Git. */
const podinfo = (image: string, replicas: number): KubeObject =>
  aDeployment(image, { replicas, container: { envFrom: [{ configMapRef: { name: 'settings' } }] } });

/** Lets this version of Serin live the life, and keeps what is written. */
export const record = async (): Promise<Tape> => {
  const world = aWorld({ rps: 5 });
  const written: Written[] = [];
  const at = (): number => world.clock.monotonic();
  const apply = (object: KubeObject): void => {
    world.apply(object);
    written.push({ at: at(), applied: object });
  };
  const through = (transport: Transport): Transport => ({
    ...transport,
    request: async (request) => {
      const response = await transport.request(request);
      if (isWrite(request) && response.status < 300 && !request.path.includes('/events')) {
        const { signal: _, ...kept } = request;
        written.push({ at: at(), request: { ...kept, body: withoutIdentity(request.body) } });
      }
      return response;
    },
  });
  try {
    for (const object of [aService(), aRoute(), aConfigMap('settings', { a: 'b' }), podinfo('podinfo:6.0.0', 2)]) {
      apply(object);
    }
    await world.clock.advance(2_000);
    world.startController({ through });
    apply(aCanary(adopting()));
    await world.clock.until(() => world.canary().phase === 'Initialized', 60_000);
    await world.clock.advance(5_000);
    apply(podinfo('podinfo:6.1.0', 0));
    await world.clock.until(() => world.canary().phase === 'Succeeded' && world.canary().run === undefined, 120_000);
    await world.clock.advance(15_000);
    const settled = at();
    await world.clock.advance(1_000);
    apply(podinfo('podinfo:6.2.0', 0));
    await world.clock.until(() => world.canary().canaryWeight === 10, 60_000);
    await world.clock.advance(1_000);
    const uid = world.read(canaryRef())?.metadata.uid ?? '';
    const text = JSON.stringify(thinned({ settled, running: at(), written })).replaceAll(uid, UID);
    return JSON.parse(text);
  } finally {
    await world.stop();
  }
};

/** One line for the moments, then one for each that was written. */
export const tapeText = ({ written, ...moments }: Tape): string =>
  [moments, ...written].map((line) => `${JSON.stringify(line)}\n`).join('');

/** Reads `tapeText` back. */
export const tapeOf = (text: string): Tape => {
  const [moments, ...written] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { ...moments, written };
};

/** Writes what the tape holds up to `until`, at the same moments, so that the world is as that version left it. */
export const replay = async (world: World, { written }: Tape, until: number): Promise<void> => {
  for (const one of written.filter(({ at }) => at <= until)) {
    const wait = one.at - world.clock.monotonic();
    if (wait > 0) await world.clock.advance(wait);
    if ('applied' in one) world.apply(one.applied);
    else {
      const uid = world.read(canaryRef())?.metadata.uid ?? '';
      const request: KubeRequest = JSON.parse(JSON.stringify(one.request).replaceAll(UID, uid));
      if (isStatus(one)) world.cluster.api.writeStatus(canaryRef(), recordAt(request.body, 'status'), SERIN);
      else world.cluster.api.handle(request, { user: 'serin' });
    }
    await world.clock.settle();
  }
  await world.clock.advance(Math.max(0, until - world.clock.monotonic()));
};
