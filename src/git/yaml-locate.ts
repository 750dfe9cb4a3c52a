import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
} from 'yaml';
import { Refusal } from './refusal.ts';

/** Keys and list positions from the top of a document to a value. */
export type YamlPath = readonly (string | number)[];

/** Where a scalar stands in the source. */
export type LocatedScalar = {
  readonly node: Scalar;
  /** Offsets of the value itself in UTF-16 units, without anchor, tag and comment. */
  readonly start: number;
  readonly end: number;
  /** Line of its start, from 1. */
  readonly line: number;
  readonly inFlow: boolean;
};

/** A parsed file. */
export type YamlFile = {
  readonly documents: readonly Document.Parsed[];
  /** The line of an offset, from 1. */
  readonly lineAt: (offset: number) => number;
};

/** A place in a file: documents are counted from 0, comments and empty documents included as the YAML readers do. */
export type YamlAddress = { readonly document: number; readonly path: YamlPath };

export const pathText = (path: YamlPath): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

/** Reads every document of a file; throws Refusal when one of them is not clean YAML. */
export const parseYaml = (text: string): YamlFile => {
  const lineCounter = new LineCounter();
  const lineAt: YamlFile['lineAt'] = (offset) => lineCounter.linePos(offset).line;
  const documents = parseAllDocuments(text, { uniqueKeys: true, logLevel: 'silent', lineCounter });
  if (!Array.isArray(documents)) return { documents: [], lineAt };
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) continue;
    const line = error.linePos?.[0].line;
    const words = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    const what = error.code === 'DUPLICATE_KEY' ? 'a key stands twice, so that its value is ambiguous' : words;
    throw new Refusal('NotEditable', what ?? 'it is no YAML', { line });
  }
  return { documents, lineAt };
};

/** Walks by hand, so that aliases are seen. Throws Refusal when the path does not lead to one scalar. */
export const locateScalar = (file: YamlFile, { document: index, path }: YamlAddress): LocatedScalar => {
  const document = file.documents[index];
  if (document === undefined) throw new Refusal('NotEditable', `it has no document ${index + 1}`);
  let node: Node | null = document.contents;
  const lineOf = (at: Node | null): number | undefined => (at?.range ? file.lineAt(at.range[0]) : undefined);
  const refuse = (why: string): Refusal =>
    new Refusal('NotEditable', `${pathText(path)} ${why}`, { line: lineOf(node) });
  let inFlow = false;
  const anchors = new Set<string>();
  const passAnchor = (): void => void (!isAlias(node) && node?.anchor !== undefined && anchors.add(node.anchor));
  for (const step of path) {
    if (isAlias(node)) throw refuse('crosses an alias, whose anchor has other users');
    passAnchor();
    let next: unknown;
    if (isMap(node) && typeof step === 'string') {
      next = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === step)?.value;
    } else if (isSeq(node) && typeof step === 'number') {
      next = node.items[step];
    }
    if (isMap(node) || isSeq(node)) inFlow ||= node.flow === true;
    if (!isNode(next)) throw refuse('does not exist');
    node = next;
  }
  if (isAlias(node)) throw refuse('is an alias, whose anchor has other users');
  if (!isScalar(node) || !node.range) throw refuse('is no single value');
  passAnchor();
  visit(document, {
    Alias: (_, alias) => {
      if (anchors.has(alias.source)) throw refuse(`would also change what the alias *${alias.source} stands for`);
    },
  });
  const [start, end] = node.range;
  return { node, start, end, line: file.lineAt(start), inFlow };
};

const isNode = (value: unknown): value is Node => isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
