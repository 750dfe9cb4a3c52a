/** An image reference taken apart: `name[:tag][@digest]`. */
export type ImageReference = { readonly name: string; readonly tag?: string; readonly digest?: string };

/** Reads a reference; undefined for what is none. A colon before the last slash belongs to the registry's port. */
export const parseImage = (text: string): ImageReference | undefined => {
  const match =
    /^([^\s:@]+(?::\d+(?=\/)[^\s:@]+)?)(?::([\w][\w.-]{0,127}))?(?:@([a-z0-9+._-]+:[0-9a-fA-F]{32,}))?$/.exec(text);
  const [, name, tag, digest] = match ?? [];
  if (name === undefined) return undefined;
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
};

export const formatImage = ({ name, tag, digest }: ImageReference): string =>
  `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;

/** What people call this version: the tag, else the beginning of the digest, else the name. */
export const shortVersion = (text: string): string => {
  const image = parseImage(text);
  return image?.tag ?? image?.digest?.slice(0, 19) ?? text;
};
