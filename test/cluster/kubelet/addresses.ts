import { stringsOf } from './run-command.ts';

/** 10.244.1.1 to 10.244.254.254. What lies above, 10.244.255.0/24, is the node's own. */
const FIRST = 256 + 1;
const LAST = 254 * 256 + 254;

const textOf = (n: number): string => `10.244.${n >> 8}.${n & 255}`;
const numberOf = (address: string): number | undefined => {
  const [, high, low] = /^10\.244\.(\d+)\.(\d+)$/.exec(address) ?? [];
  const n = Number(high) * 256 + Number(low);
  return n >= FIRST && n <= LAST ? n : undefined;
};

/** True for an address that a pod may have. */
export const isPodAddress = (address: string): boolean => numberOf(address) !== undefined;

/** Hands out pod addresses; one that is free again is used as late as possible. */
export class Addresses {
  readonly #taken = new Set<number>();
  #last = FIRST - 1;

  /** `wanted` when it is free, else the next. */
  take(wanted?: string): string {
    const asked = wanted === undefined ? undefined : numberOf(wanted);
    if (asked !== undefined && !this.#taken.has(asked)) {
      this.#taken.add(asked);
      this.#last = Math.max(this.#last, asked);
      return textOf(asked);
    }
    for (let tried = FIRST; tried <= LAST; tried++) {
      this.#last = this.#last >= LAST ? FIRST : this.#last + 1;
      if (this.#taken.has(this.#last) || [0, 255].includes(this.#last & 255)) continue;
      this.#taken.add(this.#last);
      return textOf(this.#last);
    }
    throw new RangeError('Cannot give a pod an address: all of 10.244.0.0/16 are taken');
  }

  free(address: string): void {
    const n = numberOf(address);
    if (n !== undefined) this.#taken.delete(n);
  }
}

/** The pod addresses that the loopback interface has. */
export const addressesOnLoopback = async (): Promise<readonly string[]> =>
  (await stringsOf(['ip', '-4', '-o', 'addr', 'show', 'dev', 'lo']))
    .map((line) => / inet ([\d.]+)\/32 /.exec(line)?.[1] ?? '')
    .filter(isPodAddress);
