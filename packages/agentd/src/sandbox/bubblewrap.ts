import { systemProgramFolders } from '../host/command.ts'
import type { Identity } from './identity.ts'
import { type Limits, prlimitArguments } from './limits.ts'

/** Where `sandbox_exec` works: in memory, gone with the call. */
export const SCRATCH = '/work'

/** Absolute paths of the programs that build the walls. */
export interface Programs {
  readonly bwrap: string
  readonly prlimit: string
  readonly setpriv: string
  /** Absent where systemd did not start the host. */
  readonly systemdRun: string | undefined
}

/** Something of the host that is seen at its own path, or at another. */
export interface Mount {
  readonly from: string
  readonly to: string
  readonly writable: boolean
}

/**
 * What is seen and where: the workspace of the file tools, an empty folder of the call's own, or an empty folder and what
 * was granted. `arguments` is the descriptor from which bubblewrap reads more of its arguments: what nobody may see in the
 * list of processes.
 */
export type Ground =
  | { readonly kind: 'workspace'; readonly path: string; readonly cwd: string; readonly writable: boolean }
  | { readonly kind: 'scratch'; readonly files: readonly { readonly name: string; readonly fd: number }[] }
  | { readonly kind: 'service'; readonly mounts: readonly Mount[]; readonly arguments: number }

export interface Walls {
  readonly identity: Identity
  readonly limits: Limits
  readonly programs: Programs
  readonly system: readonly string[]
  readonly ground: Ground
  readonly fds: { readonly status: number; readonly seccomp: number; readonly passwd: number; readonly group: number }
}

/**
 * The arguments of bubblewrap (bwrap(1)) for one command; the last ones are the command, word for word.
 *
 * As root bubblewrap makes the mounts with root's rights, because the state folder is closed to everybody else, and
 * setpriv then becomes the agent's user with no capability left. As an ordinary user everything happens in a user
 * namespace, in which no further one can be made.
 */
export function bubblewrapArguments(walls: Walls, argv: readonly string[]): string[] {
  const { identity, limits, programs, fds, ground } = walls
  const temporary = ['--perms', '1777', '--size', String(limits.temporaryBytes), '--tmpfs']
  return [
    '--die-with-parent',
    '--new-session',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(identity.switched ? rootCapabilities : ['--unshare-user', '--disable-userns', '--cap-drop', 'ALL']),
    ...['--hostname', 'sandbox'],
    ...folder('/etc'),
    ...folder('/run'),
    ...walls.system,
    ...accountFile(fds.passwd, '/etc/passwd'),
    ...accountFile(fds.group, '/etc/group'),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...temporary,
    '/dev/shm',
    ...['--remount-ro', '/dev'],
    ...temporary,
    '/tmp',
    ...groundMounts(ground, temporary),
    ...['--remount-ro', '/'],
    ...environment(ground),
    ...(ground.kind === 'service' ? ['--args', String(ground.arguments)] : []),
    ...['--json-status-fd', String(fds.status), '--seccomp', String(fds.seccomp)],
    '--',
    ...(identity.switched ? [programs.setpriv, ...setprivArguments(identity), '--'] : []),
    programs.prlimit,
    ...prlimitArguments(limits),
    '--',
    ...argv,
  ]
}

/** What setpriv needs to become somebody else; it gives these up by doing so. */
const rootCapabilities = ['ALL', ...['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP']].flatMap((name) => [
  name === 'ALL' ? '--cap-drop' : '--cap-add',
  name,
])

function setprivArguments({ uid, gid }: Identity): string[] {
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
  ]
}

function groundMounts(ground: Ground, temporary: readonly string[]): string[] {
  switch (ground.kind) {
    case 'workspace':
      return workspaceMount(ground)
    case 'scratch':
      return scratchMount(ground, temporary)
    case 'service':
      return [...scratchMount({ files: [] }, temporary), ...ground.mounts.flatMap(mount)]
  }
}

function mount({ from, to, writable }: Mount): string[] {
  return [...above(to).flatMap(folder), writable ? '--bind' : '--ro-bind', from, to]
}

function workspaceMount({ path, cwd, writable }: Extract<Ground, { kind: 'workspace' }>): string[] {
  return [...above(path).flatMap(folder), writable ? '--bind' : '--ro-bind', path, path, '--chdir', cwd]
}

function accountFile(fd: number, path: string): string[] {
  return ['--perms', '0644', '--ro-bind-data', String(fd), path]
}

/** bubblewrap gives folders that it has to make on the way to a mount to root alone. */
function folder(path: string): string[] {
  return ['--perms', '0755', '--dir', path]
}

/** The folders above a path, outermost first; / and /tmp are there already. */
function above(path: string): string[] {
  const names = path.split('/').slice(1, -1)
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`).filter((outer) => outer !== '/tmp')
}

function scratchMount(
  { files }: Pick<Extract<Ground, { kind: 'scratch' }>, 'files'>,
  temporary: readonly string[],
): string[] {
  const copies = files.flatMap(({ name, fd }) => ['--perms', '0666', '--file', String(fd), `${SCRATCH}/${name}`])
  return [...temporary, SCRATCH, ...copies, '--chdir', SCRATCH]
}

/** Programs that a repository's own configuration would have git run: not for looking, to which nobody agreed. */
const runsNothing = { 'core.fsmonitor': 'false', 'core.hooksPath': '/dev/null', 'gpg.program': 'false' }

/** Whether this is a command that was judged harmless. */
function looksOnly(ground: Ground): boolean {
  return ground.kind === 'workspace' && !ground.writable
}

/** Settings that come before those of any file (git-config(1), GIT_CONFIG_COUNT). */
function gitConfiguration(settings: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(settings).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ])
  return { GIT_CONFIG_COUNT: String(pairs.length / 2), ...Object.fromEntries(pairs) }
}

/** Nothing of agentd's own environment. No pager, no prompt, no lock taken only to look. */
function environment(ground: Ground): string[] {
  const variables: Record<string, string> = {
    PATH: ['/usr/local/bin', ...systemProgramFolders].join(':'),
    HOME: ground.kind === 'workspace' ? ground.path : SCRATCH,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    ...gitConfiguration({
      // The workspace belongs to root or to another agent's user; git would refuse to look at it.
      'safe.directory': '*',
      ...(looksOnly(ground) ? runsNothing : {}),
    }),
    ...(looksOnly(ground) ? { PYTHONNOUSERSITE: '1' } : {}),
  }
  return ['--clearenv', ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value])]
}

/** The account databases inside: the agent's user and nobody else of this host. */
export function accountFiles({ uid, gid }: Identity, home: string): { passwd: string; group: string } {
  return {
    passwd: `agent:x:${uid}:${gid}:agent:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    group: `agent:x:${gid}:\nnogroup:x:65534:\n`,
  }
}
