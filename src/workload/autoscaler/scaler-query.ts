const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/**
 * A trigger's query about the target as one about the primary: the names of target and canary stand for the primary's
 * wherever they stand as a whole, such as in a label or at the beginning of a pattern (`podinfo-[0-9a-z]+`); that of the
 * canary also at the end of a longer name, as in those that proxies give (`shop-podinfo-canary`). Names that only begin
 * with the target's (`podinfo-cache`) and the primary's own stay.
 */
export const primaryQuery = (query: string, target: string): string => {
  const name = escaped(target);
  const whole = new RegExp(String.raw`(?<![\w-])${name}(?![\w]|-\w)|(?<!\w)${name}-canary(?![\w]|-\w)`, 'g');
  return query.replaceAll(whole, () => `${target}-primary`);
};
