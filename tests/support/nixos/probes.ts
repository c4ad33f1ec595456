/** What a directive of systemd.exec(5) denies: an attempt at it. */
export interface Probe {
  /** Directives that deny it together, as the units name them; the first is what it is about. */
  readonly of: readonly [string, ...string[]]
  /** A script for `sh -e`. It ends with 0 where nothing denies what it tries. Attempts are made at the same time. */
  readonly attempt: string
  /** Whether root tries it, where nobody else may without walls either; otherwise `probe`, a user of no consequence. */
  readonly asRoot?: boolean
  /** Directives that the control needs for the attempt to be possible at all. */
  readonly given?: readonly string[]
  /** Looked at when the unit is over, by root outside of it: with 0 the attempt succeeded. Instead of how the attempt ended. */
  readonly afterwards?: string
  /** Units that do not have the first directive, or have it otherwise, by the name of their process. */
  readonly notOf?: readonly string[]
}

/** The number of a system call on this machine's kind of processor. */
const call = (x64: number, arm64: number): number => (process.arch === 'arm64' ? arm64 : x64)
/** Perl is in every Debian. A call that fails for another reason than a wall (EPERM) was let through. */
const calls = (number: number, args: string) => `perl -e '$! = 0; syscall(${number}, ${args}); exit($!{EPERM} ? 1 : 0)'`
const opens = (family: number, type: number) => `perl -e 'socket(S, ${family}, ${type}, 0) or exit 1'`
const adjtimex = `perl -e '$t = "\\0" x 512; exit(syscall(${call(159, 171)}, $t) < 0 ? 1 : 0)'`
const [AF_INET, AF_NETLINK, AF_PACKET] = [2, 16, 17]
const [SOCK_STREAM, SOCK_RAW] = [1, 3]

/** `exit(0)` as a program for 32 bits (ELF, i386), which this machine's kernel runs and `native` does not mean. */
const program32 =
  '7f454c46010101000000000000000000020003000100000054800408340000000000000000000000340020000100000000000000' +
  '010000000000000000800408008004085d0000005d0000000500000000100000b80100000031dbcd80'

/** Laid out once: files and folders that attempts are made at. */
export const prepareProbes = `
  useradd --system --no-create-home probe
  useradd --system --no-create-home stranger
  mkdir -p /opt/probe/open /opt/probe/mount /home/probe /boot /run/user/1 /run/nscd /nix/var/nix/daemon-socket /usr/lib/modules/probe
  chmod 1777 /opt/probe/open
  for place in /home/probe /boot /run/user/1 /run/nscd /nix/var/nix/daemon-socket /tmp /dev; do echo dear > $place/letter; chmod 644 $place/letter; done
  cp /usr/bin/id /opt/probe/id && chmod 4755 /opt/probe/id
  : > /opt/probe/theirs && chown stranger /opt/probe/theirs
  echo ${program32} | perl -ne 'chomp; print pack "H*", $_' > /opt/probe/program32 && chmod 755 /opt/probe/program32`

export const probes: readonly Probe[] = [
  { of: ['CapabilityBoundingSet'], attempt: 'mknod /opt/probe/open/$$ c 1 3', asRoot: true },
  {
    of: ['AmbientCapabilities'],
    attempt: 'chown root /opt/probe/open',
    given: ['AmbientCapabilities=CAP_CHOWN'],
    notOf: ['agentd'],
  },
  { of: ['NoNewPrivileges'], attempt: '[ "$(/opt/probe/id -u)" = 0 ]' },
  { of: ['ProtectSystem'], attempt: ': > /opt/probe/open/$$', notOf: ['agentd'] },
  { of: ['ProtectHome'], attempt: 'cat /home/probe/letter', notOf: ['agentd'] },
  { of: ['PrivateTmp'], attempt: 'cat /tmp/letter', notOf: ['agentd'] },
  ...['/run/user/1', '/run/nscd', '/nix/var/nix/daemon-socket', '/boot'].map(
    (place): Probe => ({ of: ['InaccessiblePaths'], attempt: `cat ${place}/letter`, notOf: ['agentd'] }),
  ),
  { of: ['InaccessiblePaths'], attempt: '[ -S /run/dbus/system_bus_socket ]', notOf: ['agentd'] },
  { of: ['PrivateDevices'], attempt: 'cat /dev/letter', notOf: ['agentd'] },
  { of: ['PrivateUsers'], attempt: '[ "$(stat -c %U /opt/probe/theirs)" = stranger ]', notOf: ['agentd'] },
  {
    of: ['PrivateMounts'],
    attempt:
      'mkdir /opt/probe/mount/$$; mount -t tmpfs probe /opt/probe/mount/$$; grep /opt/probe/mount/$$ /proc/1/mountinfo',
    asRoot: true,
    notOf: ['agentd'],
  },
  { of: ['RestrictNamespaces'], attempt: 'unshare --user true', notOf: ['agentd'] },
  { of: ['ProtectProc'], attempt: '[ -e /proc/1/status ]', notOf: ['agentd'] },
  { of: ['ProcSubset'], attempt: 'cat /proc/meminfo', notOf: ['agentd', 'engine'] },
  {
    of: ['ProtectKernelTunables'],
    attempt: 'now=$(cat /proc/sys/net/ipv4/ip_forward); echo $now > /proc/sys/net/ipv4/ip_forward',
    asRoot: true,
    notOf: ['agentd'],
  },
  { of: ['ProtectKernelModules'], attempt: 'ls /usr/lib/modules/probe', notOf: ['agentd'] },
  { of: ['ProtectKernelLogs'], attempt: 'mode=$(stat -c %a /proc/kmsg); [ "$mode" != 0 ]', notOf: ['agentd'] },
  {
    of: ['ProtectControlGroups'],
    attempt: 'mkdir /sys/fs/cgroup/$$; rmdir /sys/fs/cgroup/$$',
    asRoot: true,
    notOf: ['agentd'],
  },
  { of: ['ProtectClock'], attempt: adjtimex, notOf: ['agentd'] },
  { of: ['ProtectHostname'], attempt: 'hostname "$(hostname)"', asRoot: true, notOf: ['agentd'] },
  { of: ['RestrictAddressFamilies'], attempt: opens(AF_PACKET, SOCK_RAW), asRoot: true },
  { of: ['RestrictAddressFamilies'], attempt: opens(AF_NETLINK, SOCK_RAW), notOf: ['agentd'] },
  { of: ['RestrictAddressFamilies'], attempt: opens(AF_INET, SOCK_STREAM), notOf: ['agentd', 'gateway', 'airlock'] },
  { of: ['RestrictSUIDSGID'], attempt: 'cd /opt/probe/open; : > bits$$; chmod u+s bits$$', notOf: ['agentd'] },
  { of: ['RestrictRealtime'], attempt: 'chrt --fifo 1 true', asRoot: true },
  { of: ['LockPersonality'], attempt: 'setarch --addr-no-randomize true' },
  {
    of: ['RemoveIPC'],
    attempt: 'ipcmk --shmem 16',
    afterwards: 'ipcs --shmems | grep -E "probe|castellan"',
    notOf: ['agentd'],
  },
  { of: ['UMask'], attempt: 'cd /opt/probe/open; : > mask$$; [ "$(stat -c %a mask$$)" = 644 ]' },
  { of: ['SystemCallFilter', 'SystemCallErrorNumber'], attempt: 'ionice --class idle true', notOf: ['agentd'] },
  // The call that agentd may not make; the others lose it by ProtectClock.
  { of: ['SystemCallFilter', 'SystemCallErrorNumber'], attempt: adjtimex },
  { of: ['SystemCallFilter', 'SystemCallErrorNumber'], attempt: calls(call(298, 241), '0, 0, 0, 0, 0') },
  ...(process.arch === 'x64'
    ? [{ of: ['SystemCallArchitectures'], attempt: '/opt/probe/program32' } satisfies Probe]
    : []),
  { of: ['PrivateNetwork'], attempt: 'grep host0 /proc/net/dev', notOf: ['agentd', 'gateway', 'airlock'] },
  {
    of: ['IPAddressDeny', 'IPAddressAllow'],
    attempt: `perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0) && send(S, "x", 0, sockaddr_in(53, inet_aton("192.0.2.2"))) or exit 1'`,
    notOf: ['agentd', 'airlock'],
  },
]

/** What the documentation claims and a container cannot show, with why not. */
export const notShown: Readonly<Record<string, string>> = {
  KeyringMode: 'a container has no keyrings of the kernel: systemd-nspawn denies keyctl(2) to everybody in it',
  MemoryMax: 'the memory controller is not the container’s own on a host with hybrid cgroups',
  TasksMax: 'the pids controller is not the container’s own on a host with hybrid cgroups',
  DeviceAllow: 'only an engine with graphics processors has it, and there are none in a container',
  DevicePolicy: 'only an engine with graphics processors has it, and there are none in a container',
}
