/**
 * The lines of a stream of UTF-8 bytes, wherever its chunks are cut, without empty ones. What stands after the last
 * newline is a line too, so that one that was broken off is seen. Longer than `maxLength` characters: a RangeError.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly maxLength: number },
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  const keep = (part: string): void => {
    length += part.length;
    if (length > options.maxLength) {
      throw new RangeError(`Cannot read a line: longer than ${options.maxLength} characters`);
    }
    parts.push(part);
  };
  const line = (): string => {
    const text = parts.join('').trim();
    parts = [];
    length = 0;
    return text;
  };

  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      keep(text.slice(start, end));
      start = end + 1;
      const complete = line();
      if (complete !== '') yield complete;
    }
    keep(text.slice(start));
  }
  keep(decoder.decode());
  const last = line();
  if (last !== '') yield last;
}
