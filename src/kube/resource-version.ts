/**
 * True when `seen` is at least as new as `known`. Resource versions are comparable integers (KEP-5504); where one is
 * not, what is seen counts as newer.
 */
export const isUpTo = (seen: string | undefined, known: string | undefined): boolean => {
  if (seen === undefined || known === undefined) return true;
  if (!/^\d+$/.test(seen) || !/^\d+$/.test(known)) return true;
  return BigInt(seen) >= BigInt(known);
};
