import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { sleep } from '../lib/sleep.ts';
import type { GitOperation, GitResult } from '../rollout/effect.ts';
import { fullJitter } from './backoff.ts';
import { commitMessage } from './commit-message.ts';
import { type FileChanges, withChanges } from './files.ts';
import { GitError } from './git-error.ts';
import type { GitTree } from './git-tree.ts';
import type { Mirror } from './mirror.ts';
import { commitObject } from './objects.ts';
import { type Plan, planChange, refused } from './plan-change.ts';
import { Refusal } from './refusal.ts';
import type { RepositoryAccess } from './repository-access.ts';
import { sshSignature } from './ssh-signature.ts';

/** One operation on its way into a commit. */
export type Passenger = { readonly operation: GitOperation; readonly access: RepositoryAccess };
/** A result, or the word that it has to go through a pull request. */
export type FlightResult = GitResult | { readonly state: 'NeedsReview'; readonly why: string };

export type Flight = {
  readonly mirror: Mirror;
  /** All write to this branch. */
  readonly branch: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Reverts written to this branch in the last hour. */
  readonly recentReverts: number;
  readonly signal?: AbortSignal;
};

/** Races lost in a row before the writer gives way. */
const MAX_RACES = 10;
/** Broken connections in a row before the host counts as away. */
const MAX_BREAKS = 3;

/**
 * Writes operations in one commit. Starts from the last known tip without asking; the lease makes that safe. Any
 * answer but "change this" or "done" is taken from a fresh tip only. A push that fails is judged by where the remote's tip
 * stands afterwards. Results are in the passengers' order; throws GitError when all should be tried again later.
 */
export const fly = async (passengers: readonly Passenger[], flight: Flight): Promise<readonly FlightResult[]> => {
  const { mirror, signal } = flight;
  let fresh = false;
  let races = 0;
  let breaks = 0;
  for (;;) {
    const draft = await draftOf(passengers, flight);
    if (!fresh && draft.verdicts.some(({ state }) => state !== 'Change' && state !== 'Done')) {
      await mirror.fetch(signal);
      fresh = true;
      continue;
    }
    const aboard = passengers.filter((_, index) => draft.verdicts[index]?.state === 'Change');
    if (aboard.length === 0) return settle(draft, mirror.tip);
    const base = mirror.tip;
    const commit = await buildCommit(aboard, { mirror, tree: draft.tree, changes: draft.changes });
    const verdict = await mirror.push(commit, { branch: flight.branch, expected: base, ...optionalSignal(signal) });
    const tip = verdict.state === 'ok' ? commit : await mirror.remoteTip(flight.branch, signal);
    if (tip === commit) {
      mirror.advance(
        commit,
        aboard.map(({ operation }) => operation.id),
      );
      return settle(draft, commit);
    }
    if (tip === base && verdict.state === 'rejected') {
      return settle(draft, base, (index) => refusedPush(passengers[index], verdict.words));
    }
    if (tip === base) {
      if (++breaks === MAX_BREAKS) throw new GitError('network', `Cannot push: ${wordsOf(verdict)}`);
    } else if (++races === MAX_RACES) {
      throw new GitError('race', `Cannot push: other writers were faster ${MAX_RACES} times in a row`);
    }
    const attempt = races + breaks;
    await sleep(flight.clock, fullJitter(attempt, { random: flight.random, baseMs: 25, maxMs: 3000 }), signal);
    if (signal?.aborted) throw new GitError('network', 'Cannot push: aborted');
    if (tip !== base) await mirror.fetch(signal);
    fresh = true;
  }
};

type Verdict =
  | Plan
  | { readonly state: 'Done'; readonly commit: string }
  | { readonly state: 'NeedsReview'; readonly why: string };
type Draft = { readonly tree: GitTree; readonly changes: FileChanges; readonly verdicts: readonly Verdict[] };

/** What each passenger would do at the mirror's tip, one after the other. */
const draftOf = async (passengers: readonly Passenger[], flight: Flight): Promise<Draft> => {
  const { mirror, signal } = flight;
  const done = new Map<string, string>();
  for (const { operation } of passengers) {
    const { id, decidedAt } = operation;
    const commit = await mirror.commitOf(id, { decidedAt, ...optionalSignal(signal) });
    if (commit !== undefined) done.set(id, commit);
  }
  const tree = await mirror.tree();
  const changes = new Map<string, Buffer>();
  const verdicts: Verdict[] = [];
  let reverts = flight.recentReverts;
  for (const { operation, access } of passengers) {
    const commit = done.get(operation.id);
    if (commit !== undefined) {
      verdicts.push({ state: 'Done', commit });
      continue;
    }
    const plan = await planChange(operation, { files: withChanges(tree.files, changes), root: access.root });
    const verdict = plan.state === 'Change' ? guard(plan, { operation, access, reverts }) : plan;
    verdicts.push(verdict);
    if (verdict.state !== 'Change') continue;
    if (operation.kind === 'revert') reverts++;
    for (const [path, bytes] of verdict.changes) changes.set(path, bytes);
  }
  return { tree, changes, verdicts };
};

/** Sends what a person should see first to a pull request, where that is allowed. */
const guard = (
  plan: Extract<Plan, { readonly state: 'Change' }>,
  { operation, access, reverts }: Passenger & { readonly reverts: number },
): Verdict => {
  if (plan.review !== undefined) return review(plan.review, { operation, access });
  if (operation.kind !== 'revert' || reverts < access.maxRevertsPerHour) return plan;
  const detail = `this branch had ${reverts} reverts in an hour, want at most ${access.maxRevertsPerHour} (maxRevertsPerHour)`;
  const limit = new Refusal('TooManyReverts', detail);
  return review(limit, { operation, access });
};

const review = (why: Refusal, { operation, access }: Passenger): Verdict =>
  operation.via !== 'commit' && access.host !== undefined ? { state: 'NeedsReview', why: why.message } : refused(why);

const refusedPush = (passenger: Passenger | undefined, words: string): FlightResult => {
  if (passenger === undefined) throw new GitError('internal', 'Cannot settle a flight: no such operation');
  const { url } = passenger.access;
  const why = `the host refuses commits to branch ${passenger.operation.branch} of ${url.text}: ${words}`;
  const verdict = review(new Refusal('PushRefused', why), passenger);
  if (verdict.state === 'NeedsReview' || verdict.state === 'Refused') return verdict;
  throw new GitError('internal', why);
};

const settle = (draft: Draft, commit: string, changed?: (index: number) => FlightResult): readonly FlightResult[] =>
  draft.verdicts.map((verdict, index): FlightResult => {
    switch (verdict.state) {
      case 'Change':
        return changed?.(index) ?? { state: 'Pushed', commit };
      case 'Done':
        return { state: 'Pushed', commit: verdict.commit };
      case 'AlreadyApplied':
        return { state: 'AlreadyApplied', commit };
      default:
        return verdict;
    }
  });

/** Builds and stores the commit on the mirror's tip. The same operations on the same tip give the same commit. */
export const buildCommit = async (
  passengers: readonly Passenger[],
  options: { readonly mirror: Mirror; readonly tree: GitTree; readonly changes: FileChanges },
): Promise<string> => {
  const { mirror, tree, changes } = options;
  const [first] = passengers;
  if (first === undefined) throw new GitError('internal', 'Cannot build a commit: no operation');
  const { author, signingKey } = first.access;
  const operations = passengers.map(({ operation }) => operation);
  const objects = await tree.write(changes);
  const content = {
    tree: objects.at(-1)?.sha ?? tree.root,
    parent: mirror.tip,
    author,
    seconds: Math.floor(Math.max(...operations.map(({ decidedAt }) => decidedAt)) / 1000),
    message: commitMessage(operations, first.access),
  };
  const sign = signingKey === undefined ? undefined : (payload: Buffer) => sshSignature(payload, signingKey);
  const commit = commitObject(content, sign);
  await mirror.write([...objects, commit]);
  return commit.sha;
};

const wordsOf = (verdict: { readonly state: string; readonly words?: string }): string =>
  verdict.words ?? verdict.state;

const optionalSignal = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };
