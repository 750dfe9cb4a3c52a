import { z } from 'zod';
import { wrongEntry } from './lib/deny-list.ts';

const text = z.string().min(1);
/** A list as text with commas, or as it stands in a file. */
const calls = z
  .preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
    z.array(text),
  )
  .superRefine((entries, context) => {
    for (const entry of entries) {
      const wrong = wrongEntry(entry);
      if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
    }
  })
  .default([]);
const flag = z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] }).or(z.boolean());

const schema = z.strictObject({
  /** Watch this namespace only; all when absent. */
  namespace: text.optional(),
  /** Prometheus for built-in and inline queries. */
  metricsServer: z.url({ protocol: /^https?$/ }).default('http://prometheus:9090'),
  /** istiod that is asked whether the proxies have taken a weight, such as http://istiod.istio-system:15014. */
  istiod: z.url({ protocol: /^https?$/ }).optional(),
  /** File with the token that istiod wants; none when absent. */
  istiodTokenFile: text.optional(),
  leaderElect: flag.default(true),
  kubeconfig: text.optional(),
  /** Name of this cluster in messages and commits. */
  cluster: text.regex(/^[a-zA-Z0-9._-]+$/).default('default'),
  /** Port of /healthz, /readyz and /metrics; 0 takes any. */
  port: z.coerce.number().int().min(0).max(65_535).default(8080),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Reconciles at once. */
  workers: z.coerce.number().int().min(1).max(256).default(8),
  /** Holds the Git mirrors; a temporary folder when absent. */
  gitDirectory: text.optional(),
  /** Also allow http:// and file:// repositories. For sandboxes. */
  gitInsecure: flag.default(false),
  /** Run the flagger.app objects of namespaces that carry the label serin.dev/watch-flagger: "true". */
  watchFlagger: flag.default(false),
  /** Data plane of flagger.app Canaries that name none: Flagger's -mesh-provider. */
  flaggerMeshProvider: text.optional(),
  /** Hosts, addresses and ranges that hooks and messages may go to although they always may not, such as 127.0.0.0/8. */
  allowCalls: calls,
  /** More hosts, addresses and ranges that hooks and messages may not go to. */
  denyCalls: calls,
  /** Namespace of the leader's Lease; by default the one that is watched, so that each namespace can have a leader. */
  leaseNamespace: text.optional(),
});

/** The controller's settings, checked once. */
export type Config = Readonly<z.output<typeof schema>> & { readonly leaseNamespace: string };
export type ConfigInput = Readonly<Partial<Record<keyof Config, unknown>>>;

/** Whether a Flagger runs the same Canaries is seen by the Deployments of all namespaces. */
const SCOPE =
  'Cannot read the configuration: watchFlagger is set together with namespace: want one of them, because a Flagger in another namespace could run the same Canaries';

const variableOf = (key: string): string => `SERIN_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/**
 * Merges, from weakest to strongest: defaults, the configuration file, `SERIN_…` variables, flags. Throws a TypeError
 * that names each wrong setting, what was found and what would be right.
 */
export const readConfig = (sources: {
  readonly file?: ConfigInput | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: ConfigInput;
}): Config => {
  const merged: Record<string, unknown> = { ...sources.file };
  for (const key of Object.keys(schema.shape)) {
    const variable = sources.environment[variableOf(key)];
    if (variable !== undefined) merged[key] = variable;
  }
  for (const [key, value] of Object.entries(sources.flags)) if (value !== undefined) merged[key] = value;
  try {
    const parsed = schema.parse(merged);
    if (parsed.watchFlagger && parsed.namespace !== undefined) throw new TypeError(SCOPE);
    const leaseNamespace = parsed.leaseNamespace ?? parsed.namespace ?? 'serin-system';
    return Object.freeze({ ...parsed, leaseNamespace });
  } catch (cause) {
    // zod's own message is its issues once more, as JSON.
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new TypeError(`Cannot read the configuration: ${z.prettifyError(cause)}`);
  }
};
