import { z } from 'zod';
import { SENSITIVE, want } from './field.ts';
import { flaggerParser } from './flagger-parser.ts';

const text = z.string().max(2048);

/** `spec` of Flagger's AlertProvider, `flagger.app/v1beta1`: one receiver of messages. */
const alertProviderSpec = z.object({
  type: z.enum(['slack', 'msteams', 'discord', 'rocket', 'gchat']),
  channel: text.optional(),
  username: text.optional(),
  address: text
    .regex(/^(https?:\/\/[^ ]+)?$/)
    .meta({ ...SENSITIVE, ...want('an address that starts with http:// or https://') })
    .optional(),
  proxy: text
    .regex(/^((https?|socks5h?):\/\/[^ ]+)?$/)
    .meta({ ...SENSITIVE, ...want('an address that starts with http://, https:// or socks5://') })
    .optional(),
  secretRef: z.object({ name: z.string().min(1).max(253) }).optional(),
});
export type AlertProviderSpec = z.output<typeof alertProviderSpec>;

/** An AlertProvider as it stands in the cluster. */
export const parseAlertProvider = flaggerParser(alertProviderSpec, ({ address = '', secretRef }) =>
  address !== '' || secretRef !== undefined
    ? []
    : [
        {
          where: 'spec',
          message: 'Nothing tells where messages go: want address, or secretRef to a Secret with the key address',
          reason: 'InvalidSpec',
        },
      ],
);
