import type { JsonRecord } from '../lib/json.ts';
import { isRecord, recordAt } from '../lib/json.ts';
import { entriesAt, type FieldEntry } from './field-entry.ts';
import { fromGoDuration } from './go-duration.ts';
import { kept, type Part, part, problem, together, within } from './part.ts';
import { isPassedOver, READ_ON } from './plane.ts';

const SHOWN_BY = 'test/flagger/translate.test.ts';

/** `spec.service`. */
export const serviceEntries: readonly FieldEntry[] = [
  ...entriesAt('spec.service', {
    shownBy: SHOWN_BY,
    rows: [
      ['', 'kept', ''],
      ['name', 'kept', 'The target’s name when absent; at most 55 characters.'],
      ['port', 'kept', ''],
      ['portName', 'kept', '`http` when absent.'],
      ['targetPort', 'kept', 'service.port when absent.'],
      ['appProtocol', 'kept', ''],
      ['trafficDistribution', 'kept', ''],
      ['portDiscovery', 'kept', ''],
      ['headless', 'kept', ''],
      ['timeout', 'changed', `A fraction such as 0.5s is written 500ms.`],
      ['backendTimeout', 'changed', `A fraction such as 0.5s is written 500ms.`],
      ['meshName', 'kept', ''],
      ['backends', 'kept', ''],
      ['hosts', 'kept', ''],
      ['gateways', 'kept', ''],
      ['delegation', 'kept', ''],
      ['match', 'kept', ''],
      ['match[].**', 'kept', 'See spec.service.match.'],
      ['retries', 'kept', ''],
      ['retries.attempts', 'kept', ''],
      ['retries.perTryTimeout', 'changed', 'A fraction such as 0.5s is written 500ms.'],
      ['retries.retryOn', 'kept', ''],
      ['rewrite', 'kept', ''],
      ['rewrite.**', 'kept', ''],
      ['mirror', 'kept', `A second mirror beside the canary’s.`],
      ['mirror[].**', 'kept', 'See spec.service.mirror.'],
      ['headers', 'kept', ''],
      ['headers.**', 'kept', 'See spec.service.headers.'],
      ['gatewayRefs', 'kept', `Parents of the HTTPRoute; Gateways only.`],
      ['gatewayRefs[].**', 'kept', 'See spec.service.gatewayRefs.'],
      ['corsPolicy', 'kept', ''],
      ['corsPolicy.**', 'kept', 'See spec.service.corsPolicy.'],
      ['trafficPolicy', 'kept', ''],
      ['trafficPolicy.**', 'kept', 'See spec.service.trafficPolicy.'],
      ['apex', 'kept', ''],
      ['apex.**', 'kept', 'See spec.service.apex.'],
      ['primary', 'kept', ''],
      ['primary.**', 'kept', 'See spec.service.primary.'],
      ['canary', 'kept', ''],
      ['canary.**', 'kept', 'See spec.service.canary.'],
      ['unmanagedMetadata', 'no effect', 'Serin never strips keys that are not its own.'],
      ['unmanagedMetadata.**', 'no effect', 'See spec.service.unmanagedMetadata.'],
    ],
  }),
];

const NAMES = [
  'name',
  'port',
  'portName',
  'targetPort',
  'appProtocol',
  'trafficDistribution',
  'portDiscovery',
  'headless',
  'meshName',
  'backends',
  'hosts',
  'gateways',
  'delegation',
  'match',
  'rewrite',
  'mirror',
  'headers',
  'gatewayRefs',
  'corsPolicy',
  'trafficPolicy',
  'apex',
  'primary',
  'canary',
  'unmanagedMetadata',
] as const;

/** The duration in `field`, in Serin's spelling; empty texts count as absent, as in Flagger. */
const durationIn = (record: JsonRecord, { field, at }: { readonly field: string; readonly at: string }): Part => {
  const text = record[field];
  if (text === undefined || text === '') return part({});
  const read = fromGoDuration(text);
  if (read !== undefined) return part({ fields: { [field]: read.text } });
  return part({
    problems: [problem(`${at}.${field}`, `Found ${JSON.stringify(text)}: want a duration such as 30s or 1m30s`)],
  });
};

const retriesOf = (service: JsonRecord): Part => {
  const retries = service['retries'];
  if (!isRecord(retries)) return part({});
  const at = 'spec.service.retries';
  return within(
    'retries',
    together(kept(retries, ['attempts', 'retryOn']), durationIn(retries, { field: 'perTryTimeout', at })),
  );
};

/** `spec.service` of a Flagger Canary, for the data plane that it is run on. */
export const translateService = (spec: JsonRecord, plane: string): Part => {
  const passedOver = Object.keys(READ_ON).filter((option) => isPassedOver(spec, { option, plane }));
  const service = Object.fromEntries(
    Object.entries(recordAt(spec, 'service')).filter(([name]) => !passedOver.includes(name)),
  );
  const at = 'spec.service';
  const inner = together(
    kept(service, NAMES),
    durationIn(service, { field: 'timeout', at }),
    durationIn(service, { field: 'backendTimeout', at }),
    retriesOf(service),
  );
  const notes = passedOver.map((option) => ({
    where: `spec.service.${option}`,
    message: `it has no effect with provider ${plane} and is left out`,
  }));
  return together(within('service', inner), part({ notes }));
};
