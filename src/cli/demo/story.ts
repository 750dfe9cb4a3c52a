import { numberAt, stringAt } from '../../lib/json.ts';
import type { KubeObject } from '../../lib/kube-object.ts';
import { judgeStory, type Seen } from './expectations.ts';
import { APP, APP_PATH, canaryYaml, deploymentYaml, NAMESPACE, routeYaml, serviceYaml } from './manifests.ts';
import { type Release, type Report, releaseOf, versionOf } from './report.ts';
import type { Stage } from './stage.ts';

/** Says what happens; the live view shows it as headline, the plain one as a line. */
export type Narrator = { readonly say: (text: string) => void };

const FILE = {
  deployment: `${APP_PATH}/deployment.yaml`,
  service: `${APP_PATH}/service.yaml`,
  route: `${APP_PATH}/route.yaml`,
  canary: `${APP_PATH}/canary.yaml`,
} as const;

const ref = (kind: string, apiVersion: string) => ({ apiVersion, kind, namespace: NAMESPACE, name: APP });

/** The four releases, each change a commit. Resolves with what was seen; judging it is the report's. */
export const tellStory = async (
  stage: Stage,
  { narrator, now }: { readonly narrator: Narrator; readonly now: () => number },
): Promise<Report> => {
  const begun = now();
  const { cluster, load, repository } = stage;
  const target = (): KubeObject | undefined => cluster.api.read(ref('Deployment', 'apps/v1'));
  const asks = (): string => stringAt(target(), 'spec', 'template', 'spec', 'containers', 0, 'image') ?? '';
  const release = (version: string): Promise<string> =>
    stage.push(`Bump podinfo to ${version}`, { [FILE.deployment]: deploymentYaml(version) });
  const lastEnded = (): string => versionOf(stage.canary().history[0]?.images ?? {});
  const settled = (): boolean => stage.canary().run === undefined;
  const committed = (version: string): boolean =>
    stage.canary().history.some((entry) => versionOf(entry.images) === version && entry.commit !== undefined);
  const toldAll = (): boolean => stage.canary().outbox.length === 0;

  narrator.say('A team runs podinfo 6.0.0, applied from Git by a GitOps agent. Its users call it 50 times a second.');
  await stage.push('Add podinfo 6.0.0', {
    [FILE.deployment]: deploymentYaml('6.0.0'),
    [FILE.service]: serviceYaml,
    [FILE.route]: routeYaml,
  });
  await stage.until('podinfo 6.0.0 that answers', () => load.snapshot().versions['6.0.0'] !== undefined);
  const first = load.snapshot();

  narrator.say('They commit one file, the Canary. Serin takes the workload over while it serves.');
  const before = load.snapshot();
  await stage.push('Let Serin release podinfo', { [FILE.canary]: canaryYaml });
  await stage.until(
    'take-over',
    () => stage.canary().phase === 'Initialized' && numberAt(target(), 'spec', 'replicas') === 0,
  );
  const takeOver = load.since(before);

  narrator.say('A good release: 6.1.0 gets 5, 30, then 60 percent of the traffic, and is promoted.');
  await release('6.1.0');
  await stage.until('outcome of 6.1.0', () => lastEnded() === '6.1.0' && settled() && committed('6.1.0'));

  narrator.say(
    'A bad release: half of the answers of 6.2.0 are errors. Serin takes it back, in the cluster and in Git.',
  );
  await release('6.2.0');
  await stage.until('outcome of 6.2.0', () => lastEnded() === '6.2.0' && settled() && committed('6.2.0'));
  await stage.until('revert applied by the agent', () => asks().endsWith(':6.1.0'));
  const reverted = { git: await asksInGit(stage, '6.1.0'), target: asks() };

  narrator.say('A push in the middle of a run: 6.3.0 is on its way when 6.4.0 arrives, and is superseded.');
  await release('6.3.0');
  await stage.until(
    '6.3.0 with traffic',
    () => versionOf(stage.canary().run?.images ?? {}) === '6.3.0' && (stage.canary().canaryWeight ?? 0) > 0,
  );
  await release('6.4.0');
  await stage.until('outcome of 6.4.0', () => lastEnded() === '6.4.0' && settled() && committed('6.4.0'));
  await stage.until('every message sent', toldAll);

  // What was sent before there was anything to answer it is no part of the story.
  const total = load.since(first);
  const runs = cluster.api.list({ apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRun' });
  const releases: readonly Release[] = stage
    .canary()
    .history.map((entry) => releaseOf(entry, { runs, counted: total }))
    .toReversed();
  const outcomes = await repository.log('%(trailers:key=Serin-Outcome,valueonly)');
  const seen: Seen = {
    releases,
    takeOver,
    total,
    messages: stage.receiver.received,
    reverted,
    outcomesInGit: outcomes
      .split('\n')
      .filter((line) => line !== '')
      .toReversed(),
  };
  const revert = releases.find(({ outcome }) => outcome === 'RolledBack')?.commit;
  return {
    releases,
    expectations: judgeStory(seen),
    requests: total,
    messages: stage.receiver.received,
    events: eventsOf(cluster.api.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event' })),
    log: (await repository.log()).trimEnd().split('\n'),
    revert: revert === undefined ? '' : await repository.show(revert),
    seconds: (now() - begun) / 1000,
  };
};

/** Oldest first; what happened again stands where it happened first. */
const eventsOf = (events: readonly KubeObject[]): Report['events'] => {
  const text = (event: KubeObject, field: string): string => stringAt(event, field) ?? '';
  return [...events]
    .sort((a, b) => text(a, 'eventTime').localeCompare(text(b, 'eventTime')))
    .map((event) => ({ type: text(event, 'type'), reason: text(event, 'reason'), note: text(event, 'note') }));
};

/** True when the manifest at the tip of the branch asks for this version. */
const asksInGit = async ({ repository }: Stage, version: string): Promise<boolean> => {
  const tip = await repository.head();
  if (tip === undefined) return false;
  const files = await repository.readFiles(tip, APP_PATH);
  return files.get(FILE.deployment) === deploymentYaml(version);
};
