import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, type Scalar, visit } from 'yaml';
import { Refusal } from './refusal.ts';

/** Keys and list positions from the top of a document to a value. */
export type YamlPath = readonly (string | number)[];

/** Where a scalar stands in the source. */
export type LocatedScalar = {
  readonly node: Scalar;
  /** Offsets of the value itself in UTF-16 units, without anchor, tag and comment. */
  readonly start: number;
  readonly end: number;
  readonly inFlow: boolean;
};

export const pathText = (path: YamlPath): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

/** Every document of a file; throws Refusal when one of them is not clean YAML. */
export const parseDocuments = (text: string): readonly Document.Parsed[] => {
  const documents = parseAllDocuments(text, { uniqueKeys: true, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) continue;
    const line = error.linePos?.[0].line;
    const words = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    const what = error.code === 'DUPLICATE_KEY' ? 'a key stands twice, so that its value is ambiguous' : words;
    throw new Refusal('NotEditable', `line ${line ?? '?'}: ${what}`);
  }
  return documents;
};

/** Walks by hand, so that aliases are seen. Throws Refusal when the path does not lead to one scalar. */
export const locateScalar = (document: Document.Parsed, path: YamlPath): LocatedScalar => {
  const refuse = (why: string): Refusal => new Refusal('NotEditable', `${pathText(path)} ${why}`);
  let node: Node | null = document.contents;
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
  return { node, start: node.range[0], end: node.range[1], inFlow };
};

const isNode = (value: unknown): value is Node => isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
