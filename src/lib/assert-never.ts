/** Ends an exhaustive `switch`: the compiler refuses it while a case is missing; at run time it throws. */
export const assertNever = (value: never, what = 'value'): never => {
  throw new TypeError(`Cannot handle ${what}: got ${JSON.stringify(value)}`);
};
