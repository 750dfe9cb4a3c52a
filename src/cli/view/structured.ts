import { dump } from 'js-yaml';

/** A view as JSON on one line, or as YAML. */
export const structured = (value: object, format: 'json' | 'yaml'): string =>
  // Through JSON, so that both forms leave out the same.
  format === 'json' ? `${JSON.stringify(value)}\n` : dump(JSON.parse(JSON.stringify(value)), { lineWidth: -1 });
