import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import { stringAt } from '../../lib/json.ts';
import type { ObjectRef } from '../../lib/kube-object.ts';
import { sleep } from '../../lib/sleep.ts';
import { CliError, EXIT } from '../exit-code.ts';

/** What became of an action. */
export type Answered = { readonly state: string; readonly message: string };

/** An answer usually takes a fraction of a second; what takes longer is asked for less often. */
const PACE_MS = { first: 100, longest: 1_000 };

/** Waits until the controller has answered; undefined when it has not within `ms`. */
export const awaitAnswer = async (
  ref: ObjectRef,
  {
    client,
    clock,
    signal,
    ms,
  }: {
    readonly client: Pick<KubeClient, 'get'>;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly ms: number;
  },
): Promise<Answered | undefined> => {
  const end = clock.monotonic() + ms;
  for (let pace = PACE_MS.first; ; pace = Math.min(pace * 2, PACE_MS.longest)) {
    if (signal.aborted) throw new CliError('', { exitCode: EXIT.interrupted });
    const action = await client.get(ref);
    if (action === undefined) {
      throw new CliError(`CanaryAction ${ref.namespace}/${ref.name} was deleted before it was answered`, {
        exitCode: EXIT.failed,
      });
    }
    const state = stringAt(action, 'status', 'state');
    if (state !== undefined) return { state, message: stringAt(action, 'status', 'message') ?? state };
    const left = end - clock.monotonic();
    if (left <= 0) return undefined;
    await sleep(clock, Math.min(pace, left), signal);
  }
};
