import { type KeptApp, unitOf } from './app.ts'

/**
 * What every app is denied (systemd.exec(5)): it runs as a user made for it, that owns nothing but the app's own state
 * folder, without a capability, behind a system call filter, with the rest of the host read-only or unseen.
 */
const walls = [
  'DynamicUser=yes',
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'ProcSubset=pid',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'KeyringMode=private',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
  'UMask=0077',
  // Castellan's own sockets, wherever a host keeps them.
  'InaccessiblePaths=-/run/castellan',
]

const networks: Readonly<Record<KeptApp['network'], readonly string[]>> = {
  none: ['PrivateNetwork=yes', 'RestrictAddressFamilies=AF_UNIX'],
  local: ['IPAddressDeny=any', 'IPAddressAllow=localhost', 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'],
  full: ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'],
}

/** Starts that fail within a minute until systemd gives up. */
const MOST_FAILURES = 5

/**
 * Arguments of systemd-run(1) that start an app as a transient service. `folder` is its release on this host. Dollar signs
 * are doubled, because systemd would read a variable there (systemd.service(5)).
 */
export function startArguments(app: KeptApp, folder: string | null): string[] {
  const state = `castellan-app-${app.name}`
  const properties = [
    'Type=exec',
    'Restart=on-failure',
    'RestartSec=2',
    'StartLimitIntervalSec=60',
    `StartLimitBurst=${MOST_FAILURES}`,
    'TimeoutStopSec=20',
    ...walls,
    ...networks[app.network],
    `StateDirectory=${state}`,
    'StateDirectoryMode=0700',
    `MemoryMax=${app.memoryBytes}`,
    'MemorySwapMax=0',
    `CPUQuota=${app.cpuPercent}%`,
    `TasksMax=${app.tasks}`,
    ...(folder === null
      ? [`WorkingDirectory=/var/lib/${state}`]
      : [`BindReadOnlyPaths=${folder}:/app`, 'WorkingDirectory=/app']),
  ]
  return [
    '--quiet',
    '--no-ask-password',
    '--service-type=exec',
    `--unit=${unitOf(app.name)}`,
    `--description=${app.description === '' ? `Castellan app ${app.name}` : app.description}`,
    ...properties.map((property) => `--property=${property}`),
    ...Object.entries({ HOME: `/var/lib/${state}`, ...app.environment }).map(
      ([name, value]) => `--setenv=${name}=${value}`,
    ),
    '--',
    ...app.argv.map((word) => word.replaceAll('$', '$$$$')),
  ]
}
