const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/**
 * A trigger's query about the target as one about the primary. The name of the canary stands for the primary's wherever
 * it stands, also in the names that proxies make of it (`shop_podinfo-canary_80`); that of the target where it stands as
 * a whole, such as in a label or at the beginning of a pattern (`podinfo-[0-9a-z]+`). Names that only begin with the
 * target's (`podinfo-cache`, `podinfo_requests_total`) and the primary's own stay.
 */
export const primaryQuery = (query: string, target: string): string => {
  const name = escaped(target);
  const either = new RegExp(String.raw`(?<![A-Za-z0-9])${name}-canary|(?<![\w-])${name}(?![\w]|-\w)`, 'g');
  return query.replaceAll(either, () => `${target}-primary`);
};
