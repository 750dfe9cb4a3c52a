import type { Command } from 'commander';
import { parseCanaryStatus } from '../../api/canary-status.ts';
import { API_VERSION } from '../../api/names.ts';
import { RESOURCES } from '../../kube/resources.ts';
import { sleep } from '../../lib/sleep.ts';
import { type KubeSession, openSession } from '../kube-session.ts';
import type { Surroundings } from '../surroundings.ts';
import { type AskedWord, askedWord } from './asked-word.ts';

/** Nobody waits longer for a key press. */
const PATIENCE_MS = 2_000;

const namesOf = async ({ client, namespace }: KubeSession, { what, canary }: AskedWord): Promise<readonly string[]> => {
  if (what === 'canary') {
    const { items } = await client.list(RESOURCES.canary, { namespace, limit: 500 });
    return items.map(({ metadata }) => metadata.name);
  }
  if (canary === undefined) return [];
  const object = await client.get({ apiVersion: API_VERSION, kind: 'Canary', namespace, name: canary });
  const { run, desired, history, quarantine } = parseCanaryStatus(object?.['status']);
  switch (what) {
    case 'gate':
      return (run?.gates ?? []).filter(({ state }) => state === 'Waiting').map(({ name }) => name);
    case 'run':
      return [...(run === undefined ? [] : [run.id]), ...history.map(({ id }) => id)];
    case 'revision':
      return [
        ...(desired === undefined ? [] : [desired.revision]),
        ...quarantine.map(({ revision }) => revision),
        ...(run === undefined ? [] : [run.revision]),
      ];
  }
};

/** `serin complete -- WORDS…`: what the last word may be, one a line; nothing where that cannot be told. For shells. */
export const completeCommand = async (
  program: Command,
  { words, surroundings }: { readonly words: readonly string[]; readonly surroundings: Surroundings },
): Promise<void> => {
  const asked = askedWord(program, words);
  if (asked === undefined) return;
  const session = await openSession(surroundings, asked.flags).catch(() => undefined);
  if (session === undefined) return;
  const late = sleep(surroundings.clock, PATIENCE_MS, surroundings.signal).then((): readonly string[] => []);
  const names = await Promise.race([namesOf(session, asked).catch((): readonly string[] => []), late]);
  void session.close();
  surroundings.out.write([...new Set(names)].map((name) => `${name}\n`).join(''));
};
