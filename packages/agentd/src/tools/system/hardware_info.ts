import { z } from 'zod'
import type { Hardware } from '../../host/hardware.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count, list, size } from '../words.ts'

export const hardwareInfo = defineTool({
  name: 'hardware_info',
  title: 'Hardware',
  description:
    'What the machine is made of: maker, firmware, processor, memory, disks, temperatures, PCI and USB devices, and whether it is a ' +
    'virtual machine.',
  input: z.strictObject({}),
  output: z.strictObject({
    vendor: z.string().nullable(),
    product: z.string().nullable(),
    firmware: z.string().nullable(),
    hypervisor: z
      .string()
      .nullable()
      .describe('What runs it as a guest, "unknown" where only that is known; null on bare metal.'),
    cpu: z.strictObject({
      model: z.string(),
      sockets: z.int(),
      cores: z.int(),
      threads: z.int(),
      maxMegahertz: z.number().nullable(),
      virtualization: z.boolean().describe('Whether it can run guests itself.'),
    }),
    memoryTotalBytes: z.number(),
    disks: z.array(z.strictObject({ name: z.string(), sizeBytes: z.number(), model: z.string().nullable() })),
    temperatures: z.array(z.strictObject({ sensor: z.string(), celsius: z.number() })),
    pci: z.array(
      z.strictObject({
        slot: z.string(),
        kind: z.string(),
        vendorId: z.string(),
        deviceId: z.string(),
        driver: z.string().nullable(),
      }),
    ),
    usb: z.array(z.strictObject({ name: z.string(), vendorId: z.string(), productId: z.string() })),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ vendor, product, hypervisor, cpu, memoryTotalBytes, disks, temperatures, pci }) => {
    const named = [vendor, product].filter((part) => part !== null).join(' ')
    const what =
      hypervisor === null
        ? named || 'A machine of an unnamed maker'
        : `A virtual machine${hypervisor === 'unknown' ? '' : ` (${hypervisor})`}${named === '' ? '' : `, ${named}`}`
    const hottest = temperatures.toSorted((left, right) => right.celsius - left.celsius)[0]
    const heat = hottest === undefined ? '' : ` The hottest sensor: ${hottest.sensor}, ${hottest.celsius} °C.`
    const cards = pci.filter(({ kind }) => kind === 'display' || kind === 'accelerator').length
    const graphics =
      cards === 0 ? '' : `, ${count(cards, 'graphics card or accelerator', 'graphics cards or accelerators')}`
    const storage =
      disks.length === 0 ? 'no disk' : list(disks.map(({ name, sizeBytes }) => `${name} ${size(sizeBytes)}`))
    return `${what}: ${count(cpu.cores, 'core')} (${count(cpu.threads, 'thread')}) of ${cpu.model}, ${size(memoryTotalBytes)} of memory, ${storage}${graphics}.${heat}`
  },
  // A USB device says itself what it is called.
  taints: ({ usb }) => (usb.length > 0 ? ['untrusted-text'] : []),
  run: async (_input, { host }) => {
    const [hardware, memory, devices] = await Promise.all([
      host.system.hardware(),
      host.system.memory(),
      host.storage.devices().catch(() => []),
    ])
    const disks = devices
      .filter(({ kind }) => kind === 'disk')
      .map(({ name, sizeBytes, model }) => ({ name, sizeBytes, model }))
    const half = readLimits.outputBytes / 3
    const shown = cut(hardware, half)
    return {
      ...shown,
      memoryTotalBytes: memory.totalBytes,
      disks: disks.slice(0, 50),
      truncated: shown.pci.length < hardware.pci.length || shown.usb.length < hardware.usb.length || disks.length > 50,
    }
  },
})

/** A large server has hundreds of PCI functions; each list gets its share of the answer. */
function cut(hardware: Hardware, bytes: number) {
  return {
    ...hardware,
    cpu: { ...hardware.cpu },
    temperatures: hardware.temperatures.slice(0, 100),
    pci: fitting(hardware.pci, bytes),
    usb: fitting(hardware.usb, bytes / 2),
  }
}
