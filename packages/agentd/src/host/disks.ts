import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/** A disk, a partition, or what is built on them. Sizes in bytes. */
export interface BlockDevice {
  /** As in /dev, e.g. `nvme0n1p2`. */
  readonly name: string
  readonly kind: 'disk' | 'partition' | 'loop' | 'raid' | 'mapped' | 'memory' | 'optical'
  /** The disk that a partition is of. */
  readonly parent: string | null
  readonly sizeBytes: number
  readonly model: string | null
  /** What this device was given as its name by LVM, LUKS or another mapping. */
  readonly label: string | null
  /** Null where nobody found out, as without udev. */
  readonly fileSystem: string | null
  readonly uuid: string | null
  readonly mountPoints: readonly string[]
  readonly swap: boolean
  readonly readOnly: boolean
  readonly removable: boolean
  /** Whether it turns: a hard disk rather than an SSD. Null for what is no disk. */
  readonly rotational: boolean | null
  /** Devices that are built on this one. */
  readonly holders: readonly string[]
}

/** The kernel counts in these whatever the disk's own sectors are (Documentation/ABI/stable/sysfs-block). */
const SECTOR_BYTES = 512

/** Where the kernel and udev tell about block devices; a test gives others. */
export interface BlockFolders {
  readonly sys: string
  readonly udev: string
  readonly swaps: string
}

const system: BlockFolders = { sys: '/sys/block', udev: '/run/udev/data', swaps: '/proc/swaps' }

/**
 * Every block device that holds something, partitions after their disk. `mountPoints` tells by `major:minor` where each is
 * mounted. Throws `unsupported_host` where the kernel shows none.
 */
export async function readBlockDevices(
  mountPoints: ReadonlyMap<string, readonly string[]>,
  folders: BlockFolders = system,
): Promise<BlockDevice[]> {
  const names = await readdir(folders.sys).catch(() => {
    throw new CastellanError(
      'unsupported_host',
      `This host shows no disks: ${folders.sys} is not there. With /sys mounted this works.`,
    )
  })
  const swaps = await readFile(folders.swaps, 'utf8').catch(() => '')
  const read = async (folder: string, name: string, parent: string | null): Promise<BlockDevice> => {
    const at = (path: string) =>
      readFile(join(folder, path), 'utf8').then(
        (text) => text.trim() || null,
        () => null,
      )
    const number = (await at('dev')) ?? ''
    const udev = parseUdev(await readFile(join(folders.udev, `b${number}`), 'utf8').catch(() => ''))
    const kind = parent === null ? kindOf(name) : 'partition'
    return {
      name,
      kind,
      parent,
      sizeBytes: Number((await at('size')) ?? 0) * SECTOR_BYTES,
      model: (await at('device/model')) ?? udev.get('ID_MODEL')?.replaceAll('_', ' ') ?? null,
      label: (await at('dm/name')) ?? udev.get('ID_FS_LABEL') ?? null,
      fileSystem: udev.get('ID_FS_TYPE') ?? null,
      uuid: udev.get('ID_FS_UUID') ?? null,
      mountPoints: mountPoints.get(number) ?? [],
      swap: new RegExp(`^/dev/${name}\\s`, 'm').test(swaps),
      readOnly: (await at('ro')) === '1',
      removable: (await at('removable')) === '1',
      rotational: kind === 'disk' ? (await at('queue/rotational')) === '1' : null,
      holders: (await readdir(join(folder, 'holders')).catch(() => [])).sort(),
    }
  }
  const devices: BlockDevice[] = []
  for (const name of names.sort(naturally)) {
    const folder = join(folders.sys, name)
    const disk = await read(folder, name, null)
    // Loop devices and card readers that hold nothing now.
    if (disk.sizeBytes === 0) continue
    devices.push(disk)
    const inside = (await readdir(folder)).filter((each) => each.startsWith(name)).sort(naturally)
    for (const partition of inside) devices.push(await read(join(folder, partition), partition, name))
  }
  return devices
}

function kindOf(name: string): BlockDevice['kind'] {
  if (/^loop\d/.test(name)) return 'loop'
  if (/^md/.test(name)) return 'raid'
  if (/^dm-/.test(name)) return 'mapped'
  if (/^(zram|ram|pmem)\d/.test(name)) return 'memory'
  return /^sr\d/.test(name) ? 'optical' : 'disk'
}

/** `E:NAME=value` lines of udev's database. */
function parseUdev(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^E:([A-Z0-9_]+)=(.+)$/gm)].map(([, key = '', value = '']) => [key, value]))
}

function naturally(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}
