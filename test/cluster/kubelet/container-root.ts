/** A file or folder of this machine that a container sees at `to`. */
export type Mount = { readonly from: string; readonly to: string; readonly readOnly: boolean };

export type ContainerRoot = {
  /** An empty folder to build it in; nothing is left there, because only the container sees what is mounted. */
  readonly folder: string;
  readonly hostname: string;
  /** Lines of /etc/hosts. */
  readonly hosts: readonly string[];
  readonly mounts: readonly Mount[];
  readonly readOnly: boolean;
  /** What to run inside, by a path inside. */
  readonly argv: readonly string[];
};

/** The user that distroless images run as: git and ssh refuse a user without an entry. */
const PASSWD = 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin';
const GROUP = 'root:x:0:\nnonroot:x:65532:';

/** Shell that makes a root of the machine's programs and the container's own files, goes in and becomes the program. */
export const rootScript = ({ folder, hostname, hosts, mounts, readOnly, argv }: ContainerRoot): string => {
  const line = (...words: readonly string[]): string => words.map(quoted).join(' ');
  // Outer folders first.
  const sorted = [...mounts].sort((a, b) => a.to.length - b.to.length);
  return [
    'set -e',
    `root=${quoted(folder)}`,
    'mount -t tmpfs -o mode=755,size=64m tmpfs "$root"',
    'show() {',
    '  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; [ -e "$root$2" ] || : > "$root$2"; fi',
    '  mount --rbind "$1" "$root$2"',
    '  [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"',
    '}',
    'show /usr /usr ro',
    'for name in bin sbin lib lib32 lib64 libx32; do',
    '  if [ -L "/$name" ]; then cp -P "/$name" "$root/$name"; elif [ -d "/$name" ]; then show "/$name" "/$name" ro; fi',
    'done',
    'show /dev /dev rw',
    'show /proc /proc rw',
    'mkdir -p "$root/etc" "$root/root" "$root/home/nonroot" "$root/var/tmp" "$root/tmp"',
    'chmod 1777 "$root/tmp" "$root/var/tmp"',
    'chown 65532:65532 "$root/home/nonroot"',
    'for name in ld.so.cache nsswitch.conf localtime; do',
    '  if [ -e "/etc/$name" ]; then cp "/etc/$name" "$root/etc/$name"; fi',
    'done',
    'if [ -d /etc/ssl ]; then show /etc/ssl /etc/ssl ro; fi',
    `printf '%s\\n' ${quoted(PASSWD)} > "$root/etc/passwd"`,
    `printf '%s\\n' ${quoted(GROUP)} > "$root/etc/group"`,
    `printf '%s\\n' ${line('127.0.0.1 localhost', ...hosts)} > "$root/etc/hosts"`,
    `printf '%s\\n' ${quoted(hostname)} > "$root/etc/hostname"`,
    `printf '%s' ${quoted(hostname)} > /proc/sys/kernel/hostname`,
    ...sorted.map(({ from, to, readOnly: ro }) => line('show', from, to, ro ? 'ro' : 'rw')),
    ...(readOnly ? ['mount -o remount,bind,ro "$root"'] : []),
    `exec chroot "$root" ${line(...argv)}`,
  ].join('\n');
};

/** A word that the shell takes as it is. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
