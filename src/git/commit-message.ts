import type { HistoryStatus } from '../api/canary-status.ts';
import { shortVersion } from '../lib/image-reference.ts';
import type { GitOperation } from '../rollout/effect.ts';
import { GitError } from './git-error.ts';
import { formatTrailers, type Trailer, trailerText } from './trailers.ts';

const MAX_SUBJECT = 100;

/** What `commit.template` may name; everything comes from the operation, so that a repeat gives the same text. */
const TEMPLATE_VARIABLES = [
  'subject',
  'sentence',
  'cluster',
  'namespace',
  'name',
  'run',
  'revision',
  'outcome',
  'cause',
  'from',
  'to',
] as const;
type Variable = (typeof TEMPLATE_VARIABLES)[number];
const isVariable = (name: string): name is Variable => TEMPLATE_VARIABLES.some((known) => known === name);
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Throws GitError `config` when a template names something that there is not. */
export const checkTemplate = (template: string | undefined): void => {
  for (const [, name = ''] of template?.matchAll(PLACEHOLDER) ?? []) {
    if (!isVariable(name)) {
      const want = TEMPLATE_VARIABLES.join(', ');
      throw new GitError('config', `Cannot use commit.template: it names "${name}", want one of ${want}`);
    }
  }
};

export type MessageStyle = { readonly skipCi: boolean; readonly template?: string | undefined };

/** The message of the one commit that writes these operations: subject, one paragraph for each, trailers. */
export const commitMessage = (operations: readonly GitOperation[], style: MessageStyle): string => {
  const [first] = operations;
  if (first === undefined) throw new GitError('internal', 'Cannot write a commit message: no operation');
  const texts = operations.map((operation) => operationText(operation, style.template));
  const body = operations.length === 1 ? texts : [`Record ${operations.length} outcomes`, ...texts];
  const trailers = formatTrailers(operations.flatMap(trailersOf));
  return `${[...body, ...(style.skipCi ? ['[skip ci]'] : []), trailers].join('\n\n')}\n`;
};

const operationText = (operation: GitOperation, template: string | undefined): string => {
  const subject = subjectOf(operation);
  const sentence = oneLine(operation.run.sentence);
  if (template === undefined) {
    return [subject, ...wrap(`${sentence}${/[.!?…]$/.test(sentence) ? '' : '.'}`).map(asNoTrailer)].join('\n');
  }
  const values: Record<Variable, string> = {
    subject,
    sentence,
    cluster: operation.cluster,
    namespace: operation.canary.namespace,
    name: operation.canary.name,
    run: operation.run.id,
    revision: operation.run.revision,
    outcome: operation.run.outcome,
    cause: operation.run.cause ?? '',
    from: operation.edits.map((edit) => edit.from).join(', '),
    to: operation.edits.map((edit) => edit.to).join(', '),
  };
  return template
    .replace(PLACEHOLDER, (_, name: string) => (isVariable(name) ? values[name] : ''))
    .split('\n')
    .map(asNoTrailer)
    .join('\n')
    .trim();
};

/** Words of people, in a template or as a reason, must not look like our trailers. */
const asNoTrailer = (line: string): string => line.replace(/^\s*Serin-/, '> Serin-');

/** `Revert podinfo to 6.7.0: request-success-rate 48.2 % is below 99 %`. Also the title of a pull request. */
export const subjectOf = (operation: GitOperation): string => {
  const { run, canary } = operation;
  const versions = (images: Readonly<Record<string, string>>): string =>
    [...new Set(Object.values(images).map(shortVersion))].join(', ') || run.revision;
  const version = versions(run.images);
  if (isPromotion(run)) return shorten(`Record ${canary.name} ${version} as stable`);
  const reason = reasonOf(run.sentence);
  if (operation.kind === 'record') return shorten(`Quarantine ${canary.name} ${version}: ${reason}`);
  const target =
    [...new Set(operation.edits.map((edit) => shortVersion(edit.to)))].join(', ') || versions(run.previousImages);
  return shorten(`Revert ${canary.name} to ${target}: ${reason}`);
};

/** The sentence without what the subject already says: "Rolled back at 10 %: …". */
const reasonOf = (sentence: string): string =>
  oneLine(sentence)
    .replace(/^[^:]{0,80}\b(rolled back|aborted)\b[^:]{0,40}: /i, '')
    .replace(/[.]$/, '');

const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

const shorten = (text: string): string => {
  if (text.length <= MAX_SUBJECT) return text;
  const cut = text.slice(0, MAX_SUBJECT - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 60))}…`;
};

/** A blank line, then the text in lines of at most 76 characters. */
const wrap = (text: string): string[] => {
  const lines = [''];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > 76) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

const isPromotion = (run: HistoryStatus): boolean => run.outcome === 'Promoted' || run.outcome === 'FastPromoted';

const imageChanges = (run: HistoryStatus): readonly { readonly from?: string; readonly to: string }[] =>
  Object.entries(run.images)
    .filter(([container, to]) => run.previousImages[container] !== to)
    .map(([container, to]) => {
      const from = run.previousImages[container];
      return from === undefined ? { to } : { from, to };
    });

/** Who has ended the run so and why, where a person did, and who has opened its gates. */
const peopleOf = ({ requestedBy, reason, approvedBy = [] }: HistoryStatus): readonly Trailer[] => [
  ...(requestedBy === undefined ? [] : [['Serin-Requested-By', trailerText(requestedBy)] as const]),
  ...(reason === undefined ? [] : [['Serin-Reason', trailerText(reason)] as const]),
  ...approvedBy.map((by) => ['Serin-Approved-By', trailerText(by)] as const),
];

const trailersOf = (operation: GitOperation): Trailer[] => {
  const { run, canary } = operation;
  const changes = isPromotion(run) ? imageChanges(run) : operation.edits;
  const source: Trailer[] = run.source === undefined ? [] : [['Serin-Source', run.source.commit]];
  return [
    ['Serin-Operation', operation.id],
    ['Serin-Outcome', run.outcome],
    ['Serin-Canary', `${operation.cluster}/${canary.namespace}/${canary.name}`],
    ['Serin-Run', run.id],
    ...changes.flatMap(({ from, to }): Trailer[] => [
      ...(from === undefined ? [] : [['Serin-From', from] as const]),
      ['Serin-To', to],
    ]),
    ...source,
    ...peopleOf(run),
    ...(operation.kind === 'revert' && run.source !== undefined ? [['Serin-Reverts', run.source.commit] as const] : []),
  ];
};
