import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, list, sentence, size } from '../words.ts'

/** Mount points of one device; containers mount one file system hundreds of times. */
const MOST_MOUNT_POINTS = 20

export const diskList = defineTool({
  name: 'disk_list',
  title: 'Disks',
  description:
    'The disks and partitions of this host, with size, model, file system and where each is mounted, and what is built on them ' +
    '(RAID, LVM, encryption).',
  input: z.strictObject({ limit: limitField(500, 100, 'devices'), offset: offsetField('devices') }),
  output: z.strictObject({
    devices: z.array(
      z.strictObject({
        name: z.string().describe('As in /dev.'),
        kind: z.enum(['disk', 'partition', 'loop', 'raid', 'mapped', 'memory', 'optical']),
        parent: z.string().nullable().describe('The disk that a partition is of.'),
        sizeBytes: z.number().min(0),
        model: z.string().nullable(),
        label: z.string().nullable().describe('Of the file system, or the name of the mapping.'),
        fileSystem: z.string().nullable().describe('Null where there is none, or udev does not tell.'),
        uuid: z.string().nullable(),
        mountPoints: z.array(z.string()).describe(`At most ${MOST_MOUNT_POINTS}; mount_list has them all.`),
        swap: z.boolean(),
        readOnly: z.boolean(),
        removable: z.boolean(),
        rotational: z
          .boolean()
          .nullable()
          .describe('Whether it is a hard disk rather than an SSD; null for what is no disk.'),
        holders: z.array(z.string()).describe('Devices built on this one.'),
      }),
    ),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ devices, total }) => {
    const disks = devices.filter(({ kind }) => kind === 'disk')
    if (disks.length === 0)
      return total === 0
        ? 'This host has no disks of its own.'
        : `${sentence(count(total, 'block device'))}, no disk among those shown.`
    const shown = disks.map(({ name, sizeBytes, model, rotational }) => {
      const what = [size(sizeBytes), model, rotational === true && model !== null ? 'hard disk' : null].filter(
        (part) => part !== null,
      )
      return `${name} (${what.join(', ')})`
    })
    return `${sentence(count(disks.length, 'disk'))}: ${list(shown)}; ${count(total, 'block device')} in all.`
  },
  taints: ({ devices }) => (devices.some(({ label }) => label !== null) ? ['untrusted-text'] : []),
  run: async ({ limit, offset }, { host }) => {
    const all = await host.storage.devices()
    const shown = all.slice(offset, offset + limit).map((device) => ({
      ...device,
      mountPoints: device.mountPoints.slice(0, MOST_MOUNT_POINTS),
      holders: [...device.holders],
    }))
    const devices = fitting(shown, readLimits.outputBytes)
    return { devices, total: all.length, truncated: offset + devices.length < all.length }
  },
})
