import { Environment } from '@marcbachmann/cel-js';
import { nodeAt, type SchemaNode } from '#src/api/json-schema.ts';
import { isRecord } from '#src/lib/json.ts';

const cel = new Environment({ unlistedVariablesAreDyn: true }).registerFunction('list.isSorted(): bool', (list) => {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return items.every((item, index) => index === 0 || Number(items[index - 1]) <= Number(item));
});

/** What the cluster's CEL gives for `expression`; undefined when it ends in an error, as a rule that does not hold. */
export const evaluate = (expression: string, variables: Readonly<Record<string, unknown>>): unknown => {
  try {
    return cel.evaluate(expression, variables);
  } catch {
    return undefined;
  }
};

/** A value as the cluster hands it to CEL: integers are integers, whatever they look like in JSON. */
export const celValue = (value: unknown, schema: SchemaNode | undefined): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => celValue(item, schema && nodeAt(schema, [index])));
  if (isRecord(value)) {
    const fields = Object.entries(value).filter(([, child]) => child !== undefined);
    return Object.fromEntries(fields.map(([name, child]) => [name, celValue(child, schema && nodeAt(schema, [name]))]));
  }
  const whole = schema?.['type'] === 'integer' || schema?.['x-kubernetes-int-or-string'] === true;
  return typeof value === 'number' && whole ? BigInt(value) : value;
};
