import { isRecord, type JsonRecord, listAt, recordAt, stringAt } from '../../lib/json.ts';
import type { RequestMatch } from '../../rollout/request-match.ts';
import type { Protocol } from './listener.ts';
import { routeMatch } from './route-match.ts';

/** Most characters of what a header or a path is compared with, and of the name of a gRPC header. */
const LONGEST_VALUE = 255;
const LONGEST_METADATA_NAME = 50;

const METHODS: readonly string[] = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
const SCHEMES: readonly string[] = ['http', 'https'];

const lengthWords = (values: JsonRecord, of: string): readonly string[] =>
  Object.values(values).flatMap((value): readonly string[] => {
    const { length } = typeof value === 'string' ? value : '';
    if (length > 0 && length <= LONGEST_VALUE) return [];
    const found = length === 0 ? 'nothing' : `${length} characters`;
    return [`App Mesh cannot compare ${of} with ${found}; want 1 to ${LONGEST_VALUE} characters`];
  });

const choiceWords = (value: string | undefined, { of, choices }: { of: string; choices: readonly string[] }) =>
  value === undefined || choices.includes(value)
    ? []
    : [`App Mesh knows no ${of} ${value}; want one of ${choices.join(', ')}`];

/** Why App Mesh would refuse the match of a route, in sentences; empty when it would not. */
export const misfits = (match: JsonRecord): readonly string[] => {
  const metadata = listAt(match, 'metadata').filter(isRecord);
  const headers = [...listAt(match, 'headers'), ...metadata].filter(isRecord);
  const long = metadata.find(({ name }) => String(name).length > LONGEST_METADATA_NAME);
  return [
    ...headers.flatMap((header) => lengthWords(recordAt(header, 'match'), stringAt(header, 'name') ?? '')),
    ...lengthWords(recordAt(match, 'path'), 'the path'),
    ...choiceWords(stringAt(match, 'method'), { of: 'method', choices: METHODS }),
    ...choiceWords(stringAt(match, 'scheme'), { of: 'scheme', choices: SCHEMES }),
    ...(long === undefined
      ? []
      : [
          `App Mesh cannot match the gRPC header ${long['name']}; want a name of 1 to ${LONGEST_METADATA_NAME} characters`,
        ]),
  ];
};

/** Throws a RangeError for pins that App Mesh would refuse, with the whole route. */
export const assertPinsFit = (pinned: readonly RequestMatch[], protocol: Protocol): void => {
  const every = { ignoreUriCase: false, headers: [], query: [] };
  const [words] = pinned.flatMap((pin) => misfits(routeMatch(every, { pin, protocol })));
  if (words !== undefined) throw new RangeError(`Cannot write the route: ${words}`);
};
