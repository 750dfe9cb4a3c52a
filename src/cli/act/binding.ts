import type { CanaryStatus } from '../../api/canary-status.ts';
import type { Verb } from '../../api/words.ts';
import { hasEnded } from '../../rollout/history.ts';
import { versionText } from '../../rollout/version-text.ts';
import { CliError, EXIT } from '../exit-code.ts';

/** What a person names: a run by its id or its number, a revision, a gate. */
export type Named = { readonly run?: string; readonly revision?: string; readonly gate?: string };

/** What an action is bound to, so that it counts for what was seen and nothing else. */
export type Bound = { readonly run?: string; readonly revision?: string; readonly gate?: string };

/** True for the id of a run, and for the number that it ends in. */
export const isRun = (id: string, named: string): boolean =>
  id === named || (/^[0-9]+$/.test(named) && id.endsWith(`-${named}`));

const gateOf = (status: CanaryStatus, asked: { readonly verb: Verb; readonly name: string }): string => {
  const waiting = (status.run?.gates ?? []).filter(({ state }) => state === 'Waiting').map(({ name }) => name);
  const [gate, another] = waiting;
  if (gate !== undefined && another === undefined) return gate;
  const cannot = `Cannot ${asked.verb} ${asked.name}`;
  if (gate === undefined) throw new CliError(`${cannot}: it waits at no gate`, { exitCode: EXIT.failed });
  const hint = `Name one: ${waiting.map((name) => `serin ${asked.verb} ${asked.name} ${name}`).join(', or ')}`;
  throw new CliError(`${cannot}: it waits at ${waiting.length} gates`, { exitCode: EXIT.usage, hint });
};

const quarantinedOf = (status: CanaryStatus, name: string): string => {
  const { quarantine, desired } = status;
  const [entry, another] = quarantine;
  const wanted = quarantine.find(({ revision }) => revision === desired?.revision);
  const chosen = wanted ?? (another === undefined ? entry : undefined);
  if (chosen !== undefined) return chosen.revision;
  const cannot = `Cannot unquarantine ${name}`;
  if (entry === undefined) throw new CliError(`${cannot}: nothing is quarantined`, { exitCode: EXIT.failed });
  const known = quarantine.map(({ revision, images }) => `${revision} (${versionText(images, revision)})`).join(', ');
  throw new CliError(`${cannot}: ${quarantine.length} revisions are quarantined`, {
    exitCode: EXIT.usage,
    hint: `Name one with --revision: ${known}`,
  });
};

/** Binds a verb to what the Canary shows now, or to what was named. Throws CliError where that is not one thing. */
export const bindingOf = (
  status: CanaryStatus,
  { verb, name, named }: { readonly verb: Verb; readonly name: string; readonly named: Named },
): Bound => {
  switch (verb) {
    case 'retry': {
      const revision = named.revision ?? status.desired?.revision;
      return revision === undefined ? {} : { revision };
    }
    case 'unquarantine':
      return { revision: named.revision ?? quarantinedOf(status, name) };
    default: {
      const current = status.run === undefined || hasEnded(status.run) ? undefined : status.run;
      const ids = [...(current === undefined ? [] : [current.id]), ...status.history.map(({ id }) => id)];
      const run = named.run === undefined ? current?.id : (ids.find((id) => isRun(id, named.run ?? '')) ?? named.run);
      const revision = named.revision ?? (current?.id === run ? current?.revision : undefined);
      const isOfGate = verb === 'approve' || verb === 'reject';
      const gate = isOfGate && current !== undefined ? (named.gate ?? gateOf(status, { verb, name })) : named.gate;
      return {
        ...(run === undefined ? {} : { run }),
        ...(revision === undefined ? {} : { revision }),
        ...(gate === undefined ? {} : { gate }),
      };
    }
  }
};
