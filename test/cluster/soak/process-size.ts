import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds. */
export type ProcessSize = { readonly rssMiB: number; readonly sockets: number };

/** Of a process that runs; undefined when it has just gone. */
export const sizeOf = (pid: number | undefined): ProcessSize | undefined => {
  try {
    const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return {
      rssMiB: Math.round(Number(kib) / 1024),
      sockets: descriptors.filter((one) => one.startsWith('socket:')).length,
    };
  } catch {
    return undefined;
  }
};
