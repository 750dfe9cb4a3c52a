/** The names, each once: the second of a name gets -2 behind it, the third -3, or the next that is free. */
export const distinctNames = (names: readonly string[]): readonly string[] => {
  const given = new Set<string>();
  const taken = new Set(names);
  return names.map((name) => {
    let distinct = name;
    for (let count = 2; given.has(distinct); count++) {
      const next = `${name}-${count}`;
      distinct = taken.has(next) ? distinct : next;
    }
    given.add(distinct);
    return distinct;
  });
};
