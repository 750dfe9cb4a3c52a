import { isDeepStrictEqual } from 'node:util';
import { CORE_SCHEMA, loadAll, YAML11_SCHEMA } from 'js-yaml';
import type { Document } from 'yaml';
import { isRecord } from '../lib/json.ts';
import { messageOf } from '../lib/message-of.ts';
import { Refusal } from './refusal.ts';
import {
  type LocatedScalar,
  locateScalar,
  parseYaml,
  pathText,
  type YamlAddress,
  type YamlPath,
} from './yaml-locate.ts';
import { scalarText } from './yaml-scalar.ts';

/** Largest file that is read or edited. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** One scalar to be changed, where it still holds `from`. */
export type ScalarEdit = YamlAddress & { readonly from: string; readonly to: string };

/** Makes the refusal to change one scalar. */
type Refuse = (why: string) => Refusal;

export type EditResult =
  | { readonly kind: 'edited'; readonly bytes: Buffer }
  /** The value is `to` already. */
  | { readonly kind: 'unchanged' }
  /** The value is neither `from` nor `to`: somebody wrote something newer. */
  | { readonly kind: 'superseded'; readonly found: string };

/** UTF-8 text that encodes back to the same bytes; throws Refusal for anything else. A BOM stays in the text. */
export const decodeText = (bytes: Buffer): string => {
  if (bytes.length > MAX_FILE_BYTES) throw new Refusal('NotEditable', 'it is larger than 1 MB, too large to edit');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw new Refusal('NotEditable', 'it is not UTF-8');
  return text;
};

/**
 * Changes one scalar of a YAML file and nothing else: the value's range in the source is replaced, every other byte
 * stays. The result is read back with a second, independent parser before it counts. Throws Refusal `NotEditable`
 * with words for whatever has no single safe range: aliases, multi-line values, templates, encrypted files.
 */
export const editYaml = (bytes: Buffer, edit: ScalarEdit): EditResult => {
  const text = decodeText(bytes);
  refuseTemplate(text);
  const file = parseYaml(text);
  refuseEncrypted(file.documents);
  const scalar = locateScalar(file, edit);
  const refuse: Refuse = (why) => new Refusal('NotEditable', `${pathText(edit.path)} ${why}`, { line: scalar.line });
  const found = scalarValue(scalar);
  if (found === edit.to) return { kind: 'unchanged' };
  if (found !== edit.from) return { kind: 'superseded', found };
  if (/\$\{[^}]*\}/.test(found)) throw refuse('is filled in elsewhere: its value contains "${"');
  const edited = splice(text, scalar, { to: edit.to, refuse });
  verify({ before: text, after: edited }, edit, refuse);
  return { kind: 'edited', bytes: Buffer.from(edited) };
};

/** The comment on the line of a value, without `#`; '' when there is none. */
export const commentAt = (bytes: Buffer, at: YamlAddress): string => {
  const text = decodeText(bytes);
  const { end } = locateScalar(parseYaml(text), at);
  const line = text.slice(end).split(/\r?\n/, 1)[0] ?? '';
  return /#(.*)$/.exec(line)?.[1]?.trim() ?? '';
};

/** The line of a value, from 1; undefined when no line can be told. */
export const lineOf = (bytes: Buffer, at: YamlAddress): number | undefined => {
  try {
    return locateScalar(parseYaml(decodeText(bytes)), at).line;
  } catch (error) {
    if (error instanceof Refusal) return error.line;
    throw error;
  }
};

const refuseTemplate = (text: string): void => {
  const at = text.indexOf('{{');
  if (at < 0) return;
  const line = text.slice(0, at).split('\n').length;
  throw new Refusal('NotEditable', 'it is a template: it contains "{{"', { line });
};

/** Only SOPS files whose MAC leaves plain values out can be edited without the key. */
const refuseEncrypted = (documents: readonly Document.Parsed[]): void => {
  for (const document of documents) {
    if (document.hasIn(['sops', 'mac']) && document.getIn(['sops', 'mac_only_encrypted']) !== true) {
      throw new Refusal('NotEditable', 'it is encrypted by SOPS without mac_only_encrypted: true');
    }
  }
};

const scalarValue = ({ node }: LocatedScalar): string => {
  if (typeof node.value === 'string') return node.value;
  // The source of a number or date is what a person sees there, e.g. 1.10.
  return node.value === null ? '' : (node.source ?? String(node.value));
};

const splice = (
  text: string,
  scalar: LocatedScalar,
  { to: wanted, refuse }: { readonly to: string; readonly refuse: Refuse },
): string => {
  const { node, start, end, inFlow } = scalar;
  const old = text.slice(start, end);
  const put = (from: number, to: number, value: string): string => text.slice(0, from) + value + text.slice(to);
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    return put(...blockLine(text, scalar, refuse), blockSafe(wanted, refuse));
  }
  if (/[\r\n]/.test(old)) throw refuse('goes over several lines');
  if (old === '') {
    // An empty value has its range somewhere after the colon; a space keeps the colon an indicator.
    const before = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
    const at = start - before;
    if (text[at - 1] !== ':' && text[at - 1] !== '-')
      throw refuse('is empty, and what stands before it is no plain key');
    return put(at, at, ` ${scalarText(wanted, { style: 'plain', inFlow })}`);
  }
  const style = node.type === 'QUOTE_SINGLE' ? 'single' : node.type === 'QUOTE_DOUBLE' ? 'double' : 'plain';
  return put(start, end, scalarText(wanted, { style, inFlow }));
};

/** The range of the only content line of a block scalar. */
const blockLine = (text: string, { start, end }: LocatedScalar, refuse: Refuse): [from: number, to: number] => {
  const lines = [...text.slice(start, end).matchAll(/[^\r\n]+/g)].slice(1).filter(([line]) => line.trim() !== '');
  const [line] = lines;
  if (line === undefined || lines.length !== 1) throw refuse('is a block of several lines');
  const indent = /^ */.exec(line[0])?.[0].length ?? 0;
  const from = start + line.index + indent;
  return [from, from + line[0].length - indent];
};

const blockSafe = (value: string, refuse: Refuse): string => {
  const content = value.replace(/\n$/, '');
  if (content === '' || /^\s|[\p{Cc}\u2028\u2029]/u.test(content))
    throw refuse('is a block that cannot hold the new value');
  return content;
};

/** Reads both texts with js-yaml, under YAML 1.2 and 1.1: the path holds `to`, and everything else is equal. */
const verify = (
  { before, after }: { readonly before: string; readonly after: string },
  edit: ScalarEdit,
  refuse: Refuse,
): void => {
  const alone = (why: string): Refusal => refuse(`cannot be changed alone: ${why}`);
  for (const schema of [CORE_SCHEMA, YAML11_SCHEMA]) {
    let old: unknown[];
    let now: unknown[];
    try {
      old = loadAll(before.replace(/^\uFEFF/, ''), { schema });
      now = loadAll(after.replace(/^\uFEFF/, ''), { schema });
    } catch (error) {
      throw alone(`a second YAML reader does not accept the file: ${messageOf(error).split('\n')[0]}`);
    }
    if (replaceAt(now[edit.document], edit.path, edit.to) !== edit.to) throw alone('another value would be read');
    const marker = Symbol('edited');
    replaceAt(old[edit.document], edit.path, marker);
    replaceAt(now[edit.document], edit.path, marker);
    if (!isDeepStrictEqual(old, now)) throw alone('other values would change with it');
  }
};

/** Puts `value` at `path` of freshly parsed data and returns what stood there. */
const replaceAt = (root: unknown, path: YamlPath, value: unknown): unknown => {
  let node: unknown = root;
  for (const step of path.slice(0, -1)) {
    node = Array.isArray(node) && typeof step === 'number' ? node[step] : isRecord(node) ? node[step] : undefined;
  }
  const last = path.at(-1);
  if (Array.isArray(node) && typeof last === 'number') {
    const old: unknown = node[last];
    node[last] = value;
    return old;
  }
  if (!isRecord(node) || last === undefined || !(last in node)) return undefined;
  const old = node[last];
  Object.defineProperty(node, last, { value, enumerable: true, configurable: true, writable: true });
  return old;
};
