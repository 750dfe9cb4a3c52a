import { BlockList, isIP } from 'node:net';

/** What nobody may be made to call: names of hosts, and addresses whichever name leads to them. */
export type DenyList = {
  /** True for a host's name as it stands in an address, or for an IP address. */
  readonly denies: (host: string) => boolean;
};

/**
 * The controller itself and what clouds tell machines about themselves, credentials included: loopback, link-local and
 * unspecified addresses, the metadata services of AWS, Google, Azure and Alibaba.
 */
export const ALWAYS_DENIED: readonly string[] = [
  '127.0.0.0/8',
  '::1',
  '0.0.0.0/8',
  '::',
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  '168.63.129.16',
  '100.100.100.200',
  'metadata.google.internal',
  'metadata.goog',
];

/** An address without the brackets of a URL, the zone of IPv6, the final dot of a name; IPv4 out of the forms that IPv6 has for it. */
const bare = (host: string): string => {
  const plain = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/\.$/, '');
  if (isIP(plain) !== 6) return plain;
  const mapped = /^(?:::(?:ffff:)?|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain);
  const dotted = /^::(?:ffff:)?([0-9.]+)$/.exec(plain)?.[1];
  if (dotted !== undefined && isIP(dotted) === 4) return dotted;
  if (mapped === null) return plain;
  const bytes = [mapped[1], mapped[2]].flatMap((part) => {
    const number = Number.parseInt(part ?? '0', 16);
    return [number >> 8, number & 255];
  });
  return bytes.join('.');
};

type Entries = { readonly names: ReadonlySet<string>; readonly addresses: BlockList };

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const isName = (text: string): boolean =>
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

/** What is wrong with an entry of the list; undefined when it can be used. */
export const wrongEntry = (entry: string): string | undefined => {
  const [address = '', prefix, ...more] = entry.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  const isRange = prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && more.length === 0;
  if (version !== 0 && (prefix === undefined || isRange)) return undefined;
  if (prefix === undefined && isName(entry.toLowerCase()) && !/^[\d.]+$/.test(entry)) return undefined;
  return `Found "${entry}": want an address such as 10.0.0.7, a range such as 10.0.0.0/8, or the name of a host`;
};

const read = (entries: readonly string[]): Entries => {
  const names = new Set<string>();
  const addresses = new BlockList();
  for (const entry of entries) {
    const wrong = wrongEntry(entry);
    if (wrong !== undefined) throw new TypeError(`Cannot read what hooks may call: ${wrong}`);
    const [address = '', prefix] = entry.split('/');
    if (isIP(address) === 0) names.add(bare(entry));
    else if (prefix === undefined) addresses.addAddress(bare(address), family(bare(address)));
    else addresses.addSubnet(address, Number(prefix), family(address));
  }
  return { names, addresses };
};

const holds = ({ names, addresses }: Entries, host: string): boolean =>
  isIP(host) === 0 ? names.has(host) : addresses.check(host, family(host));

/** Denies what `deny` lists, but for what `allow` lists. Throws a TypeError that names an entry that is neither. */
export const denyList = (options: {
  readonly deny: readonly string[];
  readonly allow: readonly string[];
}): DenyList => {
  const [denied, allowed] = [read(options.deny), read(options.allow)];
  return {
    denies: (host) => {
      const plain = bare(host);
      return holds(denied, plain) && !holds(allowed, plain);
    },
  };
};
