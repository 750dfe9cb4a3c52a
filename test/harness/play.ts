import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import { type FaultPlan, isWrite } from '#src/sandbox/faults/fault.ts';
import { faultyTransport } from '#src/sandbox/faults/faulty-transport.ts';
import type { World } from './a-world.ts';
import { endState } from './end-state.ts';
import { servingFromGit, takenOverFromGit } from './git-release.ts';
import { guard } from './guard.ts';
import type { Story } from './stories.ts';

/** When the controller dies: right after its n-th write of the story, before or after it has learnt of it. */
export type Crash = { readonly writes: number; readonly answered: boolean };

/** What is done to the controllers of a story; with nothing, it is unperturbed. */
type Perturbation = {
  /** The first controller dies, and a new one takes over. */
  readonly crash?: Crash;
  /** What goes wrong between controllers and the API server, until the story is told. */
  readonly faults?: FaultPlan;
  /** A second controller acts too, from the beginning until the story is told. */
  readonly rival?: boolean;
};

/** What a story came to. */
export type Played = {
  readonly end: Readonly<Record<string, unknown>>;
  /** What did not hold on the way. */
  readonly broken: readonly string[];
  /** Requests that no version answered, and failed answers of versions that are good. */
  readonly lost: number;
  /** Writes of controllers, those of the last seconds included. */
  readonly writes: number;
  readonly crashed: boolean;
  /** Faults that met a request. */
  readonly faults: number;
  /** How often each message was told, by its id. */
  readonly told: ReadonlyMap<string, number>;
};

const REQUESTS_PER_SECOND = 20;
/** What a new controller needs to come up. */
const RESTART_MS = 1_500;
/** Long enough for every effect to be done and for what is surplus to be collected. */
const REST_MS = 12_000;

const counting = (transport: Transport, onWrite: () => void): Transport => ({
  ...transport,
  request: async (request: KubeRequest) => {
    const response = await transport.request(request);
    if (isWrite(request) && response.status < 300) onWrite();
    return response;
  },
});

type Cast = {
  readonly seen: { writes: number; faults: number; crashed: boolean };
  /** Nothing goes wrong any more, and only one controller is left. */
  readonly calm: () => void;
};

/** Starts the controllers of a story, perturbed as asked. */
const startCast = (world: World, { crash, faults, rival }: Perturbation): Cast => {
  const seen = { writes: 0, faults: 0, crashed: false };
  let calm = false;
  const plan: FaultPlan = (request, index) => {
    const fault = calm ? undefined : faults?.(request, index);
    if (fault !== undefined) seen.faults++;
    return fault;
  };
  const through = (transport: Transport): Transport => {
    const counted = counting(transport, () => seen.writes++);
    return faults === undefined ? counted : faultyTransport(counted, { plan, clock: world.clock });
  };
  const dying = (transport: Transport, { writes, answered }: Crash): Transport =>
    crashAfterWrite(transport, {
      writes,
      answered,
      onCrash: () => {
        seen.crashed = true;
        if (answered) first.isolate();
        else first.kill();
        world.clock.after(RESTART_MS, () => {
          first.kill();
          world.startController({ through });
        });
      },
    });
  const first = world.startController({
    through: (transport) => (crash === undefined ? through(transport) : dying(through(transport), crash)),
  });
  const second = rival === true ? world.startController({ through }) : undefined;
  return {
    seen,
    calm: () => {
      calm = true;
      second?.kill();
    },
  };
};

/** Plays a story to its end and a little further. */
export const play = async (story: Story, perturbation: Perturbation = {}): Promise<Played> => {
  const ends: (() => Promise<void>)[] = [];
  const owner = { after: (end: () => Promise<void>) => void ends.push(end) };
  const start = story.begins === 'serving' ? servingFromGit : takenOverFromGit;
  const { plane } = story;
  const world = await start(owner, { rps: REQUESTS_PER_SECOND, ...(plane === undefined ? {} : { plane }) });
  try {
    // The controllers of the story start with it, so that every write counted is one of the story.
    world.killControllers();
    const check = guard(world);
    const mark = world.load.snapshot();
    const cast = startCast(world, perturbation);
    await world.clock.settle();
    await story.tell(world);
    cast.calm();
    await world.clock.advance(REST_MS);
    const { versions, unversionedFailures } = world.load.since(mark);
    const lost = Object.entries(versions)
      .filter(([version]) => !version.endsWith('bad'))
      .reduce((sum, [, { failures }]) => sum + failures, unversionedFailures);
    return { end: endState(world), broken: check(), lost, ...cast.seen, told: timesTold(world) };
  } finally {
    for (const end of ends) await end();
  }
};

const timesTold = ({ messages }: World): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  for (const { id } of messages) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
};

const goodDays = new Map<Story, Promise<Played>>();

/** The story as it goes when nothing is wrong; played once for everybody who compares with it. */
export const unperturbed = (story: Story): Promise<Played> => {
  const played = goodDays.get(story) ?? play(story);
  goodDays.set(story, played);
  return played;
};
