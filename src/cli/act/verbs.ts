import type { Verb } from '../../api/words.ts';

/** A command that asks something of a run. */
export type VerbCommand = {
  readonly name: Exclude<Verb, 'promoteFull'>;
  readonly description: string;
  /** It is about a gate, which is its second argument. */
  readonly ofGate?: true;
  /** What it does, in paragraphs of at most 80 columns. */
  readonly help: string;
  readonly examples: readonly string[];
};

/** Every command of its kind, in the order of the help. */
export const VERB_COMMANDS: readonly VerbCommand[] = [
  {
    name: 'abort',
    description: 'end a run: all traffic goes back to the primary at once',
    help: `The revision is rejected as after a rollback: Git is told as git.onFailure says,
and it does not come back by itself. In the middle of a promotion the primary
goes back to what it was first.`,
    examples: ['serin abort podinfo --reason "wrong settings"', 'serin abort podinfo -n shop --yes'],
  },
  {
    name: 'promote',
    description: 'go on to the next step now, or with --full promote without further analysis',
    help: `Goes past a pause and past what is left of this step, never past a gate that is
not open. A step is not left after a window that has failed; --full does, as
soon as the canary is ready. What was not judged is told by the outcome,
FastPromoted.`,
    examples: ['serin promote podinfo', 'serin promote podinfo --full --reason "hotfix for the outage"'],
  },
  {
    name: 'approve',
    description: 'open a gate that a run waits at',
    ofGate: true,
    help: `Counts for this run and this time. Without a name the gate that waits is meant,
where there is one.`,
    examples: ['serin approve podinfo', 'serin approve podinfo load-test --reason "looks well"'],
  },
  {
    name: 'reject',
    description: 'shut a gate that a run waits at, which ends the run',
    ofGate: true,
    help: 'Without a name the gate that waits is meant, where there is one.',
    examples: ['serin reject podinfo load-test --reason "latency of checkout"'],
  },
  {
    name: 'pause',
    description: 'keep a run where it is',
    help: `It is judged all the same, and taken back when it fails. It goes on with resume,
or with promote.`,
    examples: ['serin pause podinfo --reason "incident in another team"'],
  },
  {
    name: 'resume',
    description: 'let a paused run go on',
    help: `What spec.suspend has paused goes on when that is taken back in Git. What waits
at a gate goes on with approve, what is held for want of evidence with promote.`,
    examples: ['serin resume podinfo'],
  },
  {
    name: 'retry',
    description: 'run the revision once more that Git asks for and that was rejected',
    help: `For a revision that Git does not ask for any more, push it again; where it is
quarantined, unquarantine it before.`,
    examples: ['serin retry podinfo --reason "the database is back"'],
  },
  {
    name: 'unquarantine',
    description: 'let a revision that was rejected run when it is asked for again',
    help: `It runs when it is pushed again, or at once where Git asks for it and nothing
but the quarantine is in the way. What was rejected where it stands runs with
retry.`,
    examples: ['serin unquarantine podinfo', 'serin unquarantine podinfo --revision 7c9f8d6b54'],
  },
];
