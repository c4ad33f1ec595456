import { readdir, readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'

/** What the machine is made of. What it does not tell is null, or an empty list. */
export interface Hardware {
  readonly vendor: string | null
  readonly product: string | null
  readonly firmware: string | null
  /** What runs this machine as a guest, e.g. `kvm`, as far as the processor or the firmware says; null on bare metal. */
  readonly hypervisor: string | null
  readonly cpu: {
    readonly model: string
    readonly sockets: number
    readonly cores: number
    readonly threads: number
    /** Null where the kernel does not steer it. */
    readonly maxMegahertz: number | null
    /** AMD-V or Intel VT-x: whether it can run guests. */
    readonly virtualization: boolean
  }
  readonly temperatures: readonly { readonly sensor: string; readonly celsius: number }[]
  readonly pci: readonly {
    readonly slot: string
    readonly kind: string
    readonly vendorId: string
    readonly deviceId: string
    readonly driver: string | null
  }[]
  readonly usb: readonly { readonly name: string; readonly vendorId: string; readonly productId: string }[]
}

/** From /proc and /sys alone. Serial numbers are left out: they name the machine, and nothing is decided by them. */
export async function readHardware(): Promise<Hardware> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const dmi = (name: string) => text(`/sys/class/dmi/id/${name}`)
  const [vendor, product, biosVersion, biosDate, maxKilohertz] = await Promise.all([
    dmi('sys_vendor'),
    dmi('product_name'),
    dmi('bios_version'),
    dmi('bios_date'),
    text('/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq'),
  ])
  return {
    vendor,
    product,
    firmware: biosVersion === null ? null : [biosVersion, biosDate].filter((part) => part !== null).join(', '),
    hypervisor: hypervisorOf(info, `${vendor ?? ''} ${product ?? ''}`),
    cpu: {
      model: cpus()[0]?.model.trim() ?? 'unknown',
      ...parseTopology(info, cpus().length),
      maxMegahertz: maxKilohertz === null ? null : Math.round(Number(maxKilohertz) / 1000),
      virtualization: /^flags\s*:.*\b(vmx|svm)\b/m.test(info),
    },
    temperatures: await readTemperatures(),
    pci: await readPci(),
    usb: await readUsb(),
  }
}

/** Distinct `physical id`s are sockets, distinct pairs with `core id` are cores; ARM tells neither. */
export function parseTopology(cpuinfo: string, threads: number): { sockets: number; cores: number; threads: number } {
  const sockets = new Set<string>()
  const cores = new Set<string>()
  for (const block of cpuinfo.split('\n\n')) {
    const socket = /^physical id\s*: (\d+)/m.exec(block)?.[1]
    const core = /^core id\s*: (\d+)/m.exec(block)?.[1]
    if (socket === undefined || core === undefined) continue
    sockets.add(socket)
    cores.add(`${socket} ${core}`)
  }
  return { sockets: sockets.size || 1, cores: cores.size || threads, threads }
}

function hypervisorOf(cpuinfo: string, product: string): string | null {
  const named: readonly (readonly [RegExp, string])[] = [
    [/kvm|qemu/i, 'kvm'],
    [/vmware/i, 'vmware'],
    [/virtualbox|innotek/i, 'virtualbox'],
    [/microsoft corporation virtual machine/i, 'hyper-v'],
    [/amazon ec2/i, 'amazon'],
    [/google compute/i, 'google'],
    [/xen/i, 'xen'],
  ]
  const known = named.find(([pattern]) => pattern.test(product))?.[1]
  // CPUID tells a guest that it is one, but not whose.
  return known ?? (/^flags\s*:.*\bhypervisor\b/m.test(cpuinfo) ? 'unknown' : null)
}

async function readTemperatures(): Promise<Hardware['temperatures']> {
  const found: { sensor: string; celsius: number }[] = []
  for (const monitor of await entries('/sys/class/hwmon')) {
    const folder = join('/sys/class/hwmon', monitor)
    const chip = (await text(join(folder, 'name'))) ?? monitor
    for (const file of await entries(folder)) {
      const sensor = /^(temp\d+)_input$/.exec(file)?.[1]
      const value = sensor === undefined ? null : await text(join(folder, file))
      if (sensor === undefined || value === null) continue
      const label = (await text(join(folder, `${sensor}_label`))) ?? sensor
      found.push({ sensor: `${chip} ${label}`, celsius: Math.round(Number(value) / 100) / 10 })
    }
  }
  return found
}

/** Base classes of the PCI code and ID assignment specification. */
const pciClasses: Readonly<Record<string, string>> = {
  '01': 'storage',
  '02': 'network',
  '03': 'display',
  '04': 'multimedia',
  '05': 'memory',
  '06': 'bridge',
  '07': 'communication',
  '08': 'system',
  '09': 'input',
  '0b': 'processor',
  '0c': 'bus',
  '0d': 'wireless',
  '10': 'encryption',
  '12': 'accelerator',
}

async function readPci(): Promise<Hardware['pci']> {
  const root = '/sys/bus/pci/devices'
  const devices = (await entries(root)).map(async (slot) => {
    const uevent = (await text(join(root, slot, 'uevent'))) ?? ''
    const code = ((await text(join(root, slot, 'class'))) ?? '0x').slice(2, 4)
    return {
      slot,
      kind: pciClasses[code] ?? 'other',
      vendorId: ((await text(join(root, slot, 'vendor'))) ?? '0x').slice(2),
      deviceId: ((await text(join(root, slot, 'device'))) ?? '0x').slice(2),
      driver: /^DRIVER=(.+)$/m.exec(uevent)?.[1] ?? null,
    }
  })
  return Promise.all(devices)
}

async function readUsb(): Promise<Hardware['usb']> {
  const root = '/sys/bus/usb/devices'
  const devices: { name: string; vendorId: string; productId: string }[] = []
  for (const entry of await entries(root)) {
    const vendorId = await text(join(root, entry, 'idVendor'))
    const productId = await text(join(root, entry, 'idProduct'))
    // Interfaces and root hubs are no devices that somebody plugged in.
    if (vendorId === null || productId === null || entry.startsWith('usb')) continue
    const name = [await text(join(root, entry, 'manufacturer')), await text(join(root, entry, 'product'))]
    devices.push({ name: name.filter((part) => part !== null).join(' ') || 'unnamed', vendorId, productId })
  }
  return devices
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}

async function text(path: string): Promise<string | null> {
  const content = await readFile(path, 'utf8').catch(() => '')
  return content.trim() || null
}
