import type { KubeRequest, Transport } from '#src/kube/transport.ts';
import { crashAfterWrite } from '#src/sandbox/faults/crash-after-write.ts';
import { isWrite } from '#src/sandbox/faults/fault.ts';
import type { World } from './a-world.ts';
import { endState } from './end-state.ts';
import { servingFromGit, takenOverFromGit } from './git-release.ts';
import { guard } from './guard.ts';
import type { Story } from './stories.ts';

/** When the controller dies: right after its n-th write of the story, before or after it has learnt of it. */
export type Crash = { readonly writes: number; readonly answered: boolean };

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

/** Plays a story to its end and a little further; with a crash in it, a new controller takes over. */
export const play = async (story: Story, crash?: Crash): Promise<Played> => {
  const ends: (() => Promise<void>)[] = [];
  const owner = { after: (end: () => Promise<void>) => void ends.push(end) };
  const start = story.begins === 'serving' ? servingFromGit : takenOverFromGit;
  const world = await start(owner, { rps: REQUESTS_PER_SECOND });
  try {
    // The controller of the story starts with it, so that every write counted is one of the story.
    world.killControllers();
    const check = guard(world);
    const mark = world.load.snapshot();
    let writes = 0;
    let crashed = false;
    const counted = (transport: Transport): Transport => counting(transport, () => writes++);
    const dying = (transport: Transport): Transport =>
      crash === undefined
        ? transport
        : crashAfterWrite(transport, {
            ...crash,
            onCrash: () => {
              crashed = true;
              if (crash.answered) first.isolate();
              else first.kill();
              world.clock.after(RESTART_MS, () => {
                first.kill();
                world.startController({ through: counted });
              });
            },
          });
    const first = world.startController({ through: (transport) => dying(counted(transport)) });
    await world.clock.settle();
    await story.tell(world);
    await world.clock.advance(REST_MS);
    const { versions, unversionedFailures } = world.load.since(mark);
    const lost = Object.entries(versions)
      .filter(([version]) => !version.endsWith('bad'))
      .reduce((sum, [, { failures }]) => sum + failures, unversionedFailures);
    return { end: endState(world), broken: check(), lost, writes, crashed, told: timesTold(world) };
  } finally {
    for (const end of ends) await end();
  }
};

const timesTold = ({ messages }: World): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  for (const { id } of messages) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
};
