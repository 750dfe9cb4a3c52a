import type { JsonRecord } from '../lib/json.ts';
import { isRecord, stringAt } from '../lib/json.ts';
import { distinctNames } from './distinct-names.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { fromGoDuration } from './go-duration.ts';
import { kept, listPart, type Part, part, problem, together } from './part.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';
const ALERTS = 'spec.analysis.alerts';
const HOOKS = 'spec.analysis.webhooks';
const TWICE = 'The second of a name is called name-2, because Serin tells them apart by name.';

/** `spec.analysis.alerts` and `spec.analysis.webhooks`. */
export const peopleEntries: readonly FieldEntry[] = [
  ...entriesAt(`${ALERTS}[]`, {
    shownBy: SHOWN_BY,
    rows: [
      ['name', 'changed', TWICE],
      ['severity', 'kept', '`info` when absent or empty.'],
      ['providerRef', 'changed', 'Kind AlertProvider is added. Another namespace has to allow it.'],
      ['providerRef.name', 'kept', ''],
      ['providerRef.namespace', 'kept', ''],
    ],
  }),
  ...entriesAt(`${HOOKS}[]`, {
    shownBy: SHOWN_BY,
    rows: [
      ['name', 'changed', TWICE],
      ['type', 'kept', '`rollout` when absent or empty.'],
      ['muteAlert', 'kept', ''],
      ['url', 'kept', ''],
      ['timeout', 'kept', '10s when absent, of each attempt.'],
      ['retries', 'kept', '0 when absent.'],
      ['disableTLS', 'kept', ''],
      ['metadata', 'kept', ''],
    ],
  }),
];

/** Without a text that is empty: Flagger's schema lets it stand for absent. */
const unlessEmpty = (record: JsonRecord, field: string): Part =>
  record[field] === '' ? part({}) : kept(record, [field]);

const alertPart = (alert: JsonRecord, name: string): Part => {
  const ref = alert['providerRef'];
  return together(
    part({ fields: { name, ...(isRecord(ref) ? { providerRef: { kind: 'AlertProvider', ...ref } } : {}) } }),
    unlessEmpty(alert, 'severity'),
  );
};

const hookPart = (hook: JsonRecord, { name, at }: { readonly name: string; readonly at: string }): Part => {
  const text = hook['timeout'];
  const timeout = fromGoDuration(text);
  const isWrong = text !== undefined && text !== '' && timeout === undefined;
  return together(
    part({
      fields: { name, ...(timeout === undefined ? {} : { timeout: timeout.text }) },
      problems: isWrong ? [problem(`${at}.timeout`, `Found ${JSON.stringify(text)}: want a duration such as 30s`)] : [],
    }),
    unlessEmpty(hook, 'type'),
    kept(hook, ['url', 'muteAlert', 'retries', 'disableTLS', 'metadata']),
  );
};

const named = (
  items: readonly unknown[] | undefined,
  one: (item: JsonRecord, name: string, index: number) => Part,
): readonly Part[] | undefined => {
  const records = items?.filter(isRecord);
  const names = distinctNames((records ?? []).map((item) => stringAt(item, 'name') ?? ''));
  return records?.map((item, index) => one(item, names[index] ?? '', index));
};

/** `spec.analysis.alerts` of a Flagger Canary. */
export const translateAlerts = (alerts: readonly unknown[] | undefined): Part =>
  listPart('alerts', named(alerts, alertPart));

/** `spec.analysis.webhooks` of a Flagger Canary. */
export const translateHooks = (hooks: readonly unknown[] | undefined): Part =>
  listPart(
    'webhooks',
    named(hooks, (hook, name, index) => hookPart(hook, { name, at: `${HOOKS}[${index}]` })),
  );
