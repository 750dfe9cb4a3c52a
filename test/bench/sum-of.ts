/** The sum of a metric over all its series, from Prometheus' text format. */
export const sumOf = (exposition: string, metric: string): number =>
  exposition
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
