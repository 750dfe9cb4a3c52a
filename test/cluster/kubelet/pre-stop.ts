import { at, numberAt, stringAt } from '#src/lib/json.ts';
import { type HttpGet, httpGetOf } from './probe.ts';

export type PreStop =
  | { readonly kind: 'none' }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'get'; readonly get: HttpGet };

/** What a container wants before SIGTERM. Of commands, only a `sleep N` is understood; others end at once. */
export const preStopOf = (of: { readonly container: unknown; readonly address: string }): PreStop => {
  const hook = at(of.container, 'lifecycle', 'preStop');
  const seconds = numberAt(hook, 'sleep', 'seconds') ?? sleepOf(at(hook, 'exec', 'command'));
  if (seconds !== undefined) return { kind: 'sleep', ms: seconds * 1000 };
  const httpGet = at(hook, 'httpGet');
  return stringAt(httpGet, 'path') === undefined && at(httpGet, 'port') === undefined
    ? { kind: 'none' }
    : { kind: 'get', get: httpGetOf(httpGet, of) };
};

const sleepOf = (command: unknown): number | undefined => {
  const seconds = Array.isArray(command) ? /\bsleep (\d+(?:\.\d+)?)/.exec(command.join(' '))?.[1] : undefined;
  return seconds === undefined ? undefined : Number(seconds);
};
