import { readFile, realpath, stat, statfs } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { type BlockDevice, readBlockDevices } from './disks.ts'
import { isErrno } from './files/errors.ts'
import { type DiskHealth, readHealth } from './smart.ts'

/** One mounted file system that holds files, in bytes. */
export interface FileSystem {
  readonly mountPoint: string
  readonly source: string
  readonly type: string
  readonly totalBytes: number
  readonly usedBytes: number
  /** What an ordinary user may still write; the rest of what is free is root's reserve. */
  readonly availableBytes: number
  /** 0 where the file system has no fixed number of them (btrfs). */
  readonly totalInodes: number
  readonly usedInodes: number
  readonly readOnly: boolean
}

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly device: string
  /** The part of the file system that is mounted: `/` unless it is a bind mount or a subvolume. */
  readonly root: string
  readonly mountPoint: string
  readonly readOnly: boolean
  readonly type: string
  readonly source: string
  /** Of this mount and of its file system together, e.g. `rw`, `nosuid`, `relatime`. */
  readonly options: readonly string[]
}

/** Smaller than this is no disk: masks and placeholders that sandboxes mount. */
const SMALLEST_BYTES = 1024 * 1024

/** File systems that hold no files of anybody's: their fill says nothing. */
const pseudoTypes: ReadonlySet<string> = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue nfsd nsfs ' +
    'proc pstore ramfs rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs fuse.portal fuse.gvfsd-fuse fuse.lxcfs'
  ).split(' '),
)

/** The machine's file systems, from mountinfo and statfs(2), and the disks they are on. */
export class Storage {
  /** Real file systems, one line each however often they are mounted; pseudo file systems are left out. */
  async fileSystems(signal: AbortSignal): Promise<readonly FileSystem[]> {
    const fileSystems: FileSystem[] = []
    for (const mount of distinctMounts(await readMounts())) {
      signal.throwIfAborted()
      const fileSystem = await measure(mount)
      if (fileSystem !== null && fileSystem.totalBytes >= SMALLEST_BYTES) fileSystems.push(fileSystem)
    }
    return fileSystems
  }

  /** Every mount of this host in the order in which they were made; of each, whether it holds files of anybody's. */
  async mounts(): Promise<readonly (Mount & { readonly pseudo: boolean })[]> {
    return (await readMounts()).map((mount) => ({ ...mount, pseudo: pseudoTypes.has(mount.type) }))
  }

  /** Disks, partitions and what is built on them. */
  async devices(): Promise<readonly BlockDevice[]> {
    const mountPoints = new Map<string, string[]>()
    for (const { device, mountPoint } of await readMounts()) {
      mountPoints.set(device, [...new Set([...(mountPoints.get(device) ?? []), mountPoint])])
    }
    return readBlockDevices(mountPoints)
  }

  /** What a disk says of its own health. `device` is a name from {@link devices}. */
  health(device: string, signal: AbortSignal): Promise<DiskHealth> {
    return readHealth(device, signal)
  }

  /** The file system that holds `path`, whatever its type. Throws `not_found`. */
  async fileSystemOf(path: string): Promise<FileSystem> {
    try {
      const real = await realpath(path)
      const mount = mountOf(real, await readMounts(), await deviceOf(real))
      const fileSystem = mount === undefined ? null : await measure(mount)
      if (fileSystem !== null) return fileSystem
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG')) throw error
    }
    throw new CastellanError(
      'not_found',
      `${JSON.stringify(path)} does not exist, or may not be looked at. Name a folder that exists.`,
    )
  }
}

/** Escapes are octal: space, tab, newline, backslash and hash. Lines that cannot be read are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [left, right] = line.split(' - ')
    const [, , device, root, mountPoint, options] = left?.split(' ') ?? []
    const [type, source, superOptions] = right?.split(' ') ?? []
    if (device === undefined || root === undefined || mountPoint === undefined || type === undefined) continue
    const isReadOnly = (list: string | undefined) => list?.split(',').includes('ro') ?? false
    mounts.push({
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      readOnly: isReadOnly(options) || isReadOnly(superOptions),
      type,
      source: unescapeOctal(source ?? ''),
      options: [...new Set([...(options ?? '').split(','), ...(superOptions ?? '').split(',')])].filter(Boolean),
    })
  }
  return mounts
}

/**
 * One mount for each real file system: the one that shows most of it, and of those the shortest path. A mount that a
 * later one at the same path hides is out of sight. Small tmpfs of the system (under /run, /dev) are left out as noise.
 */
export function distinctMounts(mounts: readonly Mount[]): Mount[] {
  const visible = new Map(mounts.map((mount) => [mount.mountPoint, mount]))
  const byDevice = new Map<string, Mount>()
  for (const mount of visible.values()) {
    if (pseudoTypes.has(mount.type) || (mount.type === 'tmpfs' && /^\/(run|dev|sys|proc)(\/|$)/.test(mount.mountPoint)))
      continue
    const key = mount.device
    const other = byDevice.get(key)
    if (other === undefined || rank(mount) < rank(other)) byDevice.set(key, mount)
  }
  return [...byDevice.values()].sort((left, right) => (left.mountPoint < right.mountPoint ? -1 : 1))
}

function rank(mount: Mount): number {
  return mount.root.length * 10_000 + mount.mountPoint.length
}

/** The deepest mount above `path`, later mounts hiding earlier ones; bind mounts of one device all count. */
function mountOf(path: string, mounts: readonly Mount[], device: string): Mount | undefined {
  const above = mounts.filter(({ mountPoint }) => {
    return mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)
  })
  const deepest = Math.max(...above.map(({ mountPoint }) => mountPoint.length))
  const candidates = above.filter(({ mountPoint }) => mountPoint.length === deepest)
  return candidates.findLast((mount) => mount.device === device) ?? candidates.at(-1)
}

async function readMounts(): Promise<Mount[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'))
}

/** `major:minor` as mountinfo writes it (makedev(3)). */
async function deviceOf(path: string): Promise<string> {
  const { dev } = await stat(path)
  const major = Math.floor(dev / 256) % 4096
  const minor = (dev % 256) + Math.floor(dev / 2 ** 20) * 256
  return `${major}:${minor}`
}

async function measure(mount: Mount): Promise<FileSystem | null> {
  const figures = await statfs(mount.mountPoint).catch(() => null)
  if (figures === null) return null
  return {
    mountPoint: mount.mountPoint,
    source: mount.source,
    type: mount.type,
    totalBytes: figures.blocks * figures.bsize,
    usedBytes: (figures.blocks - figures.bfree) * figures.bsize,
    availableBytes: figures.bavail * figures.bsize,
    totalInodes: figures.files,
    usedInodes: figures.files - figures.ffree,
    readOnly: mount.readOnly,
  }
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
