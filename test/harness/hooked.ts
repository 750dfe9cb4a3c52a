import type { CanarySpecInput } from '#src/api/canary.ts';
import type { HookAnswer } from '#src/hooks/call-hook.ts';
import { sleep } from '#src/lib/sleep.ts';
import type { HookHeard, World, WorldOptions } from './a-world.ts';
import { aCanary, aReceiver } from './manifests.ts';
import { ended, type Owner, push, serving } from './release.ts';

export const LIMIT = 120_000;
export type Hook = NonNullable<CanarySpecInput['analysis']['webhooks']>[number];

export const YES: HookAnswer = { passed: true, detail: 'HTTP 200' };
export const NO: HookAnswer = { passed: false, detail: 'HTTP 403: Forbidden' };

/** A hook that is called at an address named after it. */
export const hook = (name: string, type: Hook['type'], parts: Partial<Hook> = {}): Hook => ({
  name,
  type,
  url: `http://hooks.example.com/${name}`,
  ...parts,
});

export type Answers = Record<string, HookAnswer | ((heard: HookHeard) => HookAnswer | Promise<HookAnswer>)>;

/** podinfo 6.0.0 has been taken over by a Canary with these hooks, which answer as `answers` say, else yes. */
export const withHooks = async (
  owner: Owner,
  webhooks: readonly Hook[],
  options: { readonly answers?: Answers; readonly analysis?: object; readonly alerts?: boolean } & WorldOptions = {},
): Promise<World> => {
  const { answers = {}, analysis = {}, alerts = false, ...rest } = options;
  const world = await serving(owner, {
    rps: 5,
    ...rest,
    onHook: (heard) => {
      const answer = answers[heard.url.slice(heard.url.lastIndexOf('/') + 1)] ?? YES;
      return typeof answer === 'function' ? answer(heard) : answer;
    },
  });
  world.startController();
  if (alerts) world.apply(aReceiver('team'));
  const team = alerts ? { alerts: [{ name: 'team', providerRef: { name: 'team' } }] } : {};
  const { analysis: usual } = aCanary().spec as { analysis: object };
  world.apply(aCanary({ analysis: { ...usual, ...team, ...analysis, webhooks } as CanarySpecInput['analysis'] }));
  await world.clock.until(() => world.canary().phase === 'Initialized', LIMIT);
  return world;
};

/** A yes that takes its time. */
export const after = async ({ clock }: World, ms: number): Promise<HookAnswer> => {
  await sleep(clock, ms);
  return YES;
};

export const callsOf = (world: World, name: string): readonly HookHeard[] =>
  world.calls.filter(({ url }) => url.endsWith(`/${name}`));
export const said = (world: World, reason: string): readonly string[] =>
  world.events().filter((event) => event.startsWith(`${reason}: `));
export const outcome = (world: World) => {
  const [run] = world.canary().history;
  return run === undefined ? undefined : [run.outcome, run.cause];
};
export const record = (world: World) =>
  world.read({
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryRun',
    namespace: 'shop',
    name: `podinfo-${world.canary().history[0]?.id}`,
  });
export const release = async (world: World, image = 'podinfo:6.1.0'): Promise<void> => {
  push(world, image);
  await world.clock.until(ended(world, world.canary().history.length + 1), LIMIT);
};
