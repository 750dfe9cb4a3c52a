/** A number for people: whole numbers whole, others with `digits` significant digits and no trailing zeros. */
export const numberText = (value: number, digits = 4): string =>
  Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(digits)));

const withSuffix = (text: string, unit: string | undefined): string =>
  unit === undefined || unit === '' ? text : `${text} ${unit}`;

/** `99 %`, or the bare number where there is no unit. */
export const withUnit = (value: number, unit: string | undefined): string => withSuffix(numberText(value), unit);

/** `value` with so many digits that it does not read like the limit that it breaks: `98.9999 %`, not `99 %`. */
export const apart = (
  value: number,
  { limit, unit }: { readonly limit: number; readonly unit: string | undefined },
): string => {
  for (let digits = 4; digits < 17; digits++) {
    const text = numberText(value, digits);
    if (Number(text) !== limit && text !== numberText(limit)) return withSuffix(text, unit);
  }
  return withUnit(value, unit);
};
