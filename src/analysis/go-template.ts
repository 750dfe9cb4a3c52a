/** An action with its trim markers, which want a space beside them; a comment may hold everything but its own end. */
const ACTION = /\{\{(-(?=\s))?(\s*\/\*[\s\S]*?\*\/\s*?|[\s\S]*?)(?:(?<=\s)(-))?\}\}/g;
const COMMENT = /^\s*\/\*[\s\S]*\*\/\s*$/;
const VARIABLE = /^\(?\s*([a-z]+)\s*\)?$/;
const KEYED = /^\(?\s*variables\s*\)?\.([A-Za-z_][A-Za-z0-9_]*)$/;
const INDEXED = /^index\s+variables\s+(?:"([^"\\]*)"|`([^`]*)`)$/;

/** The functions that Flagger gives its templates. */
const FUNCTIONS: readonly string[] = ['name', 'namespace', 'target', 'service', 'ingress', 'route', 'interval'];

/** One action in the words of `renderQuery`; undefined when it is more than a variable. */
const readAction = (action: string): string | undefined => {
  const text = action.trim();
  const variable = VARIABLE.exec(text)?.[1];
  if (variable !== undefined && FUNCTIONS.includes(variable)) return `{{ ${variable} }}`;
  const indexed = INDEXED.exec(text);
  const key = KEYED.exec(text)?.[1] ?? indexed?.[1] ?? indexed?.[2];
  return key === undefined || !/^[A-Za-z0-9_.-]+$/.test(key) ? undefined : `{{ variables.${key} }}`;
};

/**
 * A query of Flagger's, which is a template of Go's text/template, with nothing but variables in `{{ }}`: spaces are cut
 * where `-` says so, comments are gone, `index variables "key"` is `variables.key`. What computes anything is refused.
 */
export const goTemplate = (query: string): { readonly text: string } | { readonly problem: string } => {
  let text = '';
  let from = 0;
  let trims = false;
  const literal = (until: number): string => {
    const piece = query.slice(from, until);
    return trims ? piece.trimStart() : piece;
  };
  for (const match of query.matchAll(ACTION)) {
    const [whole, left, action = '', right] = match;
    const before = literal(match.index);
    text += left === undefined ? before : before.trimEnd();
    const read = COMMENT.test(action) ? '' : readAction(action);
    if (read === undefined) {
      const known = `${FUNCTIONS.join(', ')} and variables.NAME`;
      return { problem: `Cannot read "${whole.slice(0, 60)}" of a Go template: want one variable, of ${known}` };
    }
    text += read;
    from = match.index + whole.length;
    trims = right !== undefined;
  }
  const rest = literal(query.length);
  if (rest.includes('{{'))
    return { problem: `Cannot read "${rest.slice(rest.indexOf('{{')).slice(0, 60)}": want }} behind it` };
  return { text: text + rest };
};
