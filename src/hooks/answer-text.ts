import { redact } from '../lib/redact.ts';

const LONGEST = 160;

/** The parts of an address that may be a secret: everything behind the host. */
const hidden = (url: URL): readonly string[] => [
  url.href,
  ...(url.pathname.length > 1 ? [url.pathname] : []),
  ...url.pathname.split('/').filter((part) => part.length >= 8),
  url.search,
  ...url.searchParams.values(),
];

/** One line of `text` as it may be shown: without secrets, control characters and what is too long. */
export const shown = (text: string, { url, key }: { readonly url: URL; readonly key?: string | undefined }): string => {
  const secrets = [...hidden(url), ...(key === undefined ? [] : [key])].sort((a, b) => b.length - a.length);
  const line = redact(text, secrets)
    .replaceAll(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  const points = [...line];
  return points.length <= LONGEST ? line : `${points.slice(0, LONGEST - 1).join('')}…`;
};
