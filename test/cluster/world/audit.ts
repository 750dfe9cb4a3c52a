import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { stringAt } from '#src/lib/json.ts';
import { auditLogOf } from '../components/api-server.ts';
import type { Rig } from '../rig/rig.ts';

/** One request as the API server has logged it. */
export type Call = {
  /** When it was received, milliseconds since the epoch. */
  readonly at: number;
  readonly verb: string;
  /** Such as `canaries/status`. */
  readonly resource: string;
  /** Of the object; undefined where there is none, or the server has yet to choose it. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
};

/** What a user has asked for between two moments, in order. */
export const callsOf = async (
  rig: Rig,
  of: { readonly user: string; readonly from: number; readonly to: number },
): Promise<readonly Call[]> => {
  const calls: Call[] = [];
  const mark = JSON.stringify(of.user);
  for await (const line of createInterface({ input: createReadStream(auditLogOf(rig)) })) {
    if (!line.includes(mark)) continue;
    const entry: unknown = JSON.parse(line);
    const at = Date.parse(stringAt(entry, 'requestReceivedTimestamp') ?? '');
    if (stringAt(entry, 'user', 'username') !== of.user || at < of.from || at > of.to) continue;
    const subresource = stringAt(entry, 'objectRef', 'subresource');
    const resource = stringAt(entry, 'objectRef', 'resource') ?? stringAt(entry, 'requestURI') ?? '';
    calls.push({
      at,
      verb: stringAt(entry, 'verb') ?? '',
      resource: `${resource}${subresource ? `/${subresource}` : ''}`,
      name: stringAt(entry, 'objectRef', 'name'),
      namespace: stringAt(entry, 'objectRef', 'namespace'),
    });
  }
  return calls.toSorted((a, b) => a.at - b.at);
};

/** Renewed by time alone, whatever the Canaries do: watches that the server ends, and the lease. */
export const isRenewal = ({ verb, resource }: Call): boolean => verb === 'watch' || resource === 'leases';

export const isEvent = ({ resource }: Call): boolean => resource === 'events';

export const isRead = ({ verb }: Call): boolean => verb === 'get' || verb === 'list';

/** Such as `2 patch httproutes, 1 update canaries/status`. */
export const inWords = (calls: readonly Call[]): string => {
  const counts = new Map<string, number>();
  for (const { verb, resource } of calls) {
    const name = `${verb} ${resource}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
};
