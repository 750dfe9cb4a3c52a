import { messageOf } from '../lib/message-of.ts';
import type { MetricCheck } from '../rollout/metric-check.ts';
import { MetricError } from './metric-error.ts';
import type { Connection } from './prometheus.ts';

/** The data of a Secret as text, or undefined when it does not exist. */
export type SecretReader = (ref: {
  readonly namespace: string;
  readonly name: string;
}) => Promise<Readonly<Record<string, string>> | undefined>;

export type Connected = {
  readonly connection: Connection;
  /** `args.<name>` → value, for the query. */
  readonly secretArgs: ReadonlyMap<string, string>;
  /** Every value that must not be shown. */
  readonly hidden: readonly string[];
};

/** Reads the credentials and secret args of a check. Rejects with a MetricError that names what is missing. */
export const connect = async (check: MetricCheck, secrets: SecretReader): Promise<Connected> => {
  const read = async (ref: { readonly namespace: string; readonly name: string }) => {
    const data = await secrets({ namespace: ref.namespace, name: ref.name }).catch((error: unknown) => {
      throw new MetricError('unavailable', `Cannot read Secret ${ref.namespace}/${ref.name}`, {
        cause: new Error(messageOf(error)),
      });
    });
    if (data === undefined) throw new MetricError('denied', `Secret ${ref.namespace}/${ref.name} does not exist`);
    return data;
  };
  const secretArgs = new Map<string, string>();
  for (const [arg, ref] of Object.entries(check.secretArgs ?? {})) {
    const value = (await read(ref))[ref.key];
    if (value === undefined)
      throw new MetricError('denied', `Secret ${ref.namespace}/${ref.name} has no key ${ref.key}`);
    // As with every other value: text, never another variable.
    if (value.includes('{{'))
      throw new MetricError('denied', `Key ${ref.key} of Secret ${ref.namespace}/${ref.name} has {{`);
    secretArgs.set(`args.${arg}`, value);
  }
  const credentials =
    check.secretRef === undefined ? {} : readCredentials(await read(check.secretRef), check.secretRef);
  const connection: Connection = {
    address: check.address,
    ...credentials,
    ...(check.headers === undefined ? {} : { headers: check.headers }),
    ...(check.insecureSkipVerify === undefined ? {} : { insecureSkipVerify: check.insecureSkipVerify }),
  };
  const hidden = [
    ...secretArgs.values(),
    connection.bearerToken ?? '',
    connection.basicAuth?.password ?? '',
    ...Object.values(check.headers ?? {}),
  ].filter((value) => value !== '');
  return { connection, secretArgs, hidden };
};

const readCredentials = (
  data: Readonly<Record<string, string>>,
  ref: { readonly namespace: string; readonly name: string },
): Pick<Connection, 'bearerToken' | 'basicAuth'> => {
  const [token, username, password] = [data['token'], data['username'], data['password']].map((text) => text?.trim());
  if (token) return { bearerToken: token };
  if (username && password) return { basicAuth: { username, password } };
  throw new MetricError('denied', `Secret ${ref.namespace}/${ref.name} has neither token nor username and password`);
};
