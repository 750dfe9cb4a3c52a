/** The regular expression that fits this text only, for RE2 as for JavaScript. */
export const literalPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** The text that a pattern of `literalPattern` fits; undefined for any other pattern. */
export const literalOf = (pattern: string): string | undefined => {
  const text = pattern.replace(/\\(.)/g, '$1');
  return literalPattern(text) === pattern ? text : undefined;
};
