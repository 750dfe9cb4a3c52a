import { parseArgs } from 'node:util';

export type Options = {
  readonly kubeconfig: string;
  /** What each image does: `images-file.ts` says how it is written. */
  readonly images: string;
  /** Written for Prometheus' file_sd. */
  readonly targets: string;
  /** Names of the Nodes. */
  readonly nodes: readonly string[];
  /** The Nodes' own address, which pods reach everything outside of themselves by. */
  readonly address: string;
  /** Folder for the logs, process numbers and volumes of containers that are programs. */
  readonly logs: string;
  /** Where programs find the API server; the kubeconfig's server when absent. */
  readonly service?: { readonly host: string; readonly port: string };
};

const USAGE =
  'node main.ts --kubeconfig FILE --images FILE --targets FILE --node NAME[,NAME] [--address IP] [--logs DIR] ' +
  '[--service-host HOST --service-port PORT]';

const text = { type: 'string' } as const;

/** Reads the command line. Throws an Error with the usage when something is missing or unknown. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parse(args);
  const needed = (name: 'kubeconfig' | 'images' | 'targets' | 'node'): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`Cannot start without --${name}: want ${USAGE}`);
    return value;
  };
  const { 'service-host': host, 'service-port': port } = values;
  if ((host === undefined) !== (port === undefined)) {
    throw new Error('Cannot use one of --service-host and --service-port alone: want both or none');
  }
  const targets = needed('targets');
  return {
    kubeconfig: needed('kubeconfig'),
    images: needed('images'),
    targets,
    nodes: needed('node').split(','),
    address: values.address ?? '10.244.255.1',
    logs: values.logs ?? `${targets}.containers`,
    ...(host === undefined || port === undefined ? {} : { service: { host, port } }),
  };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        kubeconfig: text,
        images: text,
        targets: text,
        node: text,
        address: text,
        logs: text,
        'service-host': text,
        'service-port': text,
      },
    });
  } catch (cause) {
    throw new Error(`Cannot read the command line: want ${USAGE}`, { cause });
  }
};
