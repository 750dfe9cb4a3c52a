const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/**
 * A trigger's query about the target as one about the primary: the names of target and canary stand for the primary's
 * wherever they stand as a whole, such as in a Service, a label or the beginning of a pattern (`podinfo-[0-9a-z]+`).
 * Longer names that only begin so (`podinfo-cache`) and the primary's own stay.
 */
export const primaryQuery = (query: string, target: string): string =>
  query.replaceAll(
    new RegExp(String.raw`(?<![\w-])${escaped(target)}(?:-canary)?(?![\w]|-\w)`, 'g'),
    () => `${target}-primary`,
  );
