import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import type { DiskHealth } from '../../host/smart.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, sentence } from '../words.ts'

const MOST_DISKS = 32

const figure = z.number().nullable()

export const diskHealth = defineTool({
  name: 'disk_health',
  title: 'Disk health',
  description:
    'What the disks say of their own health (SMART): verdict, temperature, hours, failed sectors, wear. Sleeping disks are not woken.',
  input: z.strictObject({
    device: z
      .string()
      .regex(/^(\/dev\/)?[A-Za-z0-9]{1,32}$/, 'must be the name of a disk as disk_list shows it')
      .optional()
      .describe('Only this disk, e.g. "sda" or "nvme0n1". Without it: every disk.'),
  }),
  output: z.strictObject({
    disks: z.array(
      z.strictObject({
        device: z.string(),
        model: z.string().nullable(),
        passed: z.boolean().nullable().describe('The disk’s own verdict; null where it gives none, and note says why.'),
        note: z.string().nullable(),
        temperatureCelsius: figure,
        powerOnHours: figure,
        reallocatedSectors: figure.describe('Failed and replaced by spare ones.'),
        pendingSectors: figure.describe('Could not be read, and wait for being written.'),
        uncorrectableErrors: figure,
        wearPercent: figure.describe('How much of its life an SSD has used up.'),
      }),
    ),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000 },
  summary: ({ disks }) => {
    if (disks.length === 0) return 'This host has no disk of its own that could be asked.'
    const bad = disks.filter(isBad)
    const silent = disks.filter(({ passed }) => passed === null)
    const good = disks.length - bad.length - silent.length
    const parts = [
      ...(bad.length === 0 ? [] : [`${list(bad.map(describe))} needs attention`]),
      ...(good === 0 ? [] : [`${count(good, 'disk')} ${good === 1 ? 'is' : 'are'} well`]),
      ...(silent.length === 0
        ? []
        : [
            `${count(silent.length, 'disk')} ${silent.length === 1 ? 'says' : 'say'} nothing about ${silent.length === 1 ? 'itself' : 'themselves'}`,
          ]),
    ]
    return `${sentence(list(parts))}.`
  },
  run: async ({ device }, { host, signal }) => {
    const disks = (await host.storage.devices()).filter(({ kind }) => kind === 'disk').map(({ name }) => name)
    const wanted = device?.replace(/^\/dev\//, '')
    if (wanted !== undefined && !disks.includes(wanted)) {
      const known = disks.length === 0 ? 'It has none.' : `It has ${list(disks)}.`
      throw new CastellanError('not_found', `This host has no disk ${wanted}. ${known}`)
    }
    const asked = wanted === undefined ? disks.slice(0, MOST_DISKS) : [wanted]
    const answers: DiskHealth[] = []
    for (const name of asked) answers.push(await host.storage.health(name, signal))
    return { disks: answers, truncated: wanted === undefined && asked.length < disks.length }
  },
})

/** Sectors that cannot be read, or a life used up, come before the disk's own verdict turns. */
function isBad({ passed, pendingSectors, uncorrectableErrors, wearPercent }: DiskHealth): boolean {
  return passed === false || (pendingSectors ?? 0) > 0 || (uncorrectableErrors ?? 0) > 0 || (wearPercent ?? 0) >= 90
}

function describe({ device, passed, pendingSectors, uncorrectableErrors, wearPercent }: DiskHealth): string {
  const why = [
    ...(passed === false ? ['fails its own test'] : []),
    ...((pendingSectors ?? 0) > 0 ? [count(pendingSectors ?? 0, 'unreadable sector')] : []),
    ...((uncorrectableErrors ?? 0) > 0 ? [count(uncorrectableErrors ?? 0, 'uncorrectable error')] : []),
    ...((wearPercent ?? 0) >= 90 ? [`${wearPercent} % worn`] : []),
  ]
  return `disk ${device} (${list(why)})`
}
