import { stringAt } from '../lib/json.ts';
import { redact } from '../lib/redact.ts';
import { parsedBody } from './parsed-body.ts';
import type { Receiver } from './receiver.ts';

const LONGEST = 120;

/** Where the services that are known say why they refuse: Slack and Rocket.Chat, Telegram, Discord, Google. */
const PLACES = [['error'], ['description'], ['message'], ['error', 'message']] as const;

/** What of a receiver may be a secret: everything behind the host of its address, its token, its headers. */
const secretsOf = ({ address, token, hmac, headers = {}, proxy }: Receiver): readonly string[] => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const parts = url?.pathname.split('/').filter((part) => part.length >= 8) ?? [];
  return [address, url?.search, ...(url?.searchParams.values() ?? []), url?.username, url?.password, token, hmac, proxy]
    .concat(parts, Object.values(headers))
    .filter((secret) => secret !== undefined)
    .sort((a, b) => b.length - a.length);
};

/** `text` as it may be shown: one short line without what the receiver keeps secret. */
export const shown = (text: string, receiver: Receiver): string => {
  const line = redact(text, secretsOf(receiver))
    .replaceAll(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
};

/** Why a service refuses, in its own words, where it gives them as JSON. */
export const answerWords = (body: string, receiver: Receiver): string | undefined => {
  const answer = parsedBody(body);
  const words = PLACES.map((place) => stringAt(answer, ...place)).find((found) => found !== undefined && found !== '');
  return words === undefined ? undefined : shown(words, receiver);
};
