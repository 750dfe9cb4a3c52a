import { ALIVE, PLACES, type Place, type PlaceName, TRANSITIONS, type Transition } from '#src/rollout/transitions.ts';

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const coded = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

/** What Mermaid takes for a label: nothing that it reads as an end or as markup. */
const label = ([first = '', ...more]: readonly string[]): string =>
  `${first.replaceAll(/[;:`]/g, ',')}${more.length === 0 ? '' : ' …'}`;

const arrow = ({ from, to, because }: Transition): string => `${from} --> ${to}: ${label(because)}`;

/** A deletion comes from everywhere: one arrow for all. */
const isDeletion = ({ to }: Transition): boolean => to === 'terminating';

const diagram = (): readonly string[] => [
  '```mermaid',
  'stateDiagram-v2',
  '  [*] --> alive',
  '  state alive {',
  '    [*] --> initializing',
  ...TRANSITIONS.filter((transition) => !isDeletion(transition)).map((transition) => `    ${arrow(transition)}`),
  '  }',
  '  alive --> terminating: the Canary is deleted',
  '  terminating --> [*]',
  '```',
];

const placeRow = (name: PlaceName): string => {
  const { phases, stages, means }: Place = PLACES[name];
  return row(`**${name}**`, coded(phases), stages.length === 0 ? 'no run' : coded(stages), means);
};

const transitionRow = ({ from, to, because, strategies }: Transition): string =>
  row(from, to, `${because.join('; or ')}${strategies === undefined ? '' : ` (${strategies.join(', ')} only)`}`);

const NAMES: readonly PlaceName[] = [...ALIVE, 'terminating'];

/** docs/states.md, from the table that the property tests hold `decide` against. */
export const statesPage = (): string =>
  `${[
    '# States',
    '',
    '<!-- Written by `npm run states` from src/rollout/transitions.ts. Do not edit. -->',
    '',
    'Where a Canary can be, and what takes it from one place to another. This page is written from the table in',
    '`src/rollout/transitions.ts`. The property tests hold every decision of every world that they play against it, and a',
    'test tells stories with each strategy until every entry has been seen: the page says neither too little nor too much.',
    '',
    '## The diagram',
    '',
    'Labels name the first cause; all of them stand [below](#transitions).',
    '',
    ...diagram(),
    '',
    '## Places',
    '',
    row('place', '`status.phase`', '`status.run.stage`', 'what is so there'),
    row('---', '---', '---', '---'),
    ...NAMES.map(placeRow),
    '',
    'A run that people have paused, that is held for want of evidence, or that waits at a gate `confirm-traffic-increase`',
    'stays in its place: `status.run.paused`, `held` and `gates` say so. In **ending** the phase is that of the outcome:',
    '`Succeeded` after a promotion, `Failed` after a rollback or an abort, what it was before after a withdrawal, `Progressing`',
    'when the next revision has taken over.',
    '',
    '## Transitions',
    '',
    row('from', 'to', 'when'),
    row('---', '---', '---'),
    ...TRANSITIONS.filter((transition) => !isDeletion(transition)).map(transitionRow),
    row('every other', 'terminating', 'the Canary is deleted'),
  ].join('\n')}\n`;
