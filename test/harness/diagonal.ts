const deep = process.env['SERIN_DEEP'] !== undefined;

/** The pairs of two lists that are tried: all in `npm run test:deep`, else so many that each member stands in one. */
export const diagonal = <A, B>(as: readonly A[], bs: readonly B[]): readonly (readonly [A, B])[] => {
  const stride = deep ? 1 : Math.min(as.length, bs.length);
  return as.flatMap((a, row) => bs.flatMap((b, column) => ((row + column) % stride === 0 ? [[a, b] as const] : [])));
};
