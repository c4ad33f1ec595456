import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBlockDevices } from '../../src/host/disks.ts'
import { parseSmart } from '../../src/host/smart.ts'
import { type Machine, openMachine, toolByName } from '../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('disk_usage', () => {
  it('shows every real file system once', async () => {
    const { output, summary } = await machine.call('disk_usage')
    const mountPoints = (output.fileSystems as { mountPoint: string }[]).map(({ mountPoint }) => mountPoint)
    expect(mountPoints).toContain('/')
    expect(new Set(mountPoints).size).toBe(mountPoints.length)
    expect(mountPoints).not.toContain('/proc')
    expect(summary).toMatch(/is (under )?\d+ % full: .+ of .+ used, .+ free\./)
  })

  it('shows the one that holds a path, and refuses a path that does not exist', async () => {
    const { output } = await machine.call('disk_usage', { path: '~' })
    expect(output.fileSystems).toHaveLength(1)
    await expect(machine.call('disk_usage', { path: '/no/such/folder' })).rejects.toMatchObject({ code: 'not_found' })
    expect(await machine.resources('disk_usage', { path: 'notes/../a' })).toEqual([
      { kind: 'path', id: join(machine.workspace, 'a'), access: 'read' },
    ])
  })
})

describe('disk_list', () => {
  it('shows this machine’s own disks, or says that it has none', async () => {
    const { output, summary } = await machine.call('disk_list')
    const devices = output.devices as { name: string; sizeBytes: number }[]
    for (const { sizeBytes } of devices.filter(({ name }) => !name.startsWith('loop')))
      expect(sizeBytes).toBeGreaterThan(0)
    expect(summary).toMatch(/disk/)
  })

  it('puts together what the kernel, udev and the mounts tell', async () => {
    const root = join(machine.folder, 'block')
    const put = async (path: string, text: string) => {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), `${text}\n`)
    }
    await put('sys/sda/size', '2000000')
    await put('sys/sda/dev', '8:0')
    await put('sys/sda/queue/rotational', '1')
    await put('sys/sda/device/model', 'Spinner 3000   ')
    await put('sys/sda/sda10/size', '1000')
    await put('sys/sda/sda10/dev', '8:10')
    await put('sys/sda/sda2/size', '500000')
    await put('sys/sda/sda2/dev', '8:2')
    await put('sys/sda/sda2/holders/dm-0', '')
    await put('sys/dm-0/size', '400000')
    await put('sys/dm-0/dev', '253:0')
    await put('sys/dm-0/dm/name', 'cryptroot')
    await put('sys/loop0/size', '0')
    await put('udev/b253:0', 'E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=1-2')
    await put('swaps', 'Filename Type\n/dev/sda10 partition 100 0 -2')
    const folders = { sys: join(root, 'sys'), udev: join(root, 'udev'), swaps: join(root, 'swaps') }
    const devices = await readBlockDevices(new Map([['253:0', ['/', '/nix']]]), folders)
    expect(devices.map(({ name, kind, parent }) => [name, kind, parent])).toEqual([
      ['dm-0', 'mapped', null],
      ['sda', 'disk', null],
      ['sda2', 'partition', 'sda'],
      ['sda10', 'partition', 'sda'],
    ])
    expect(devices[0]).toMatchObject({
      label: 'cryptroot',
      fileSystem: 'ext4',
      uuid: '1-2',
      mountPoints: ['/', '/nix'],
    })
    expect(devices[1]).toMatchObject({ sizeBytes: 1_024_000_000, model: 'Spinner 3000', rotational: true })
    expect(devices[2]).toMatchObject({ holders: ['dm-0'], swap: false, rotational: null })
    expect(devices[3]).toMatchObject({ swap: true, fileSystem: null })
  })

  it('without /sys it says what is missing', async () => {
    const nowhere = { sys: '/no/such', udev: '/no/such', swaps: '/no/such' }
    await expect(readBlockDevices(new Map(), nowhere)).rejects.toMatchObject({ code: 'unsupported_host' })
  })
})

describe('mount_list', () => {
  it('leaves the kernel’s own out unless asked, and pages without a gap', async () => {
    const some = await machine.call('mount_list', { limit: 500 })
    const all = await machine.call('mount_list', { all: true, limit: 500 })
    const points = ({ output }: typeof all) =>
      (output.mounts as { mountPoint: string }[]).map(({ mountPoint }) => mountPoint)
    expect(points(some)).toContain('/')
    expect(points(some)).not.toContain('/proc')
    expect(points(all)).toContain('/proc')
    const first = await machine.call('mount_list', { all: true, limit: 3 })
    const rest = await machine.call('mount_list', { all: true, limit: 497, offset: 3 })
    expect([...points(first), ...points(rest)]).toEqual(points(all))
    expect(first.output.truncated).toBe(true)
  })

  it('narrows to a folder', async () => {
    const { output, summary } = await machine.call('mount_list', { all: true, under: '/proc/' })
    for (const { mountPoint } of output.mounts as { mountPoint: string }[]) expect(mountPoint).toMatch(/^\/proc(\/|$)/)
    expect(summary).toMatch(/at or below \/proc/)
    expect((await machine.call('mount_list', { under: '/no/such' })).summary).toBe(
      'Nothing is mounted at or below /no/such; those of the kernel are shown with all: true only.',
    )
  })
})

describe('disk_health', () => {
  const ata = JSON.stringify({
    model_name: 'Spinner 3000',
    smart_status: { passed: true },
    temperature: { current: 41 },
    power_on_time: { hours: 12_345 },
    ata_smart_attributes: {
      table: [
        { id: 5, value: 100, raw: { value: 8 } },
        { id: 197, value: 100, raw: { value: 2 } },
        { id: 177, value: 93, raw: { value: 70 } },
      ],
    },
  })

  it('reads what ATA and NVMe disks say of themselves', () => {
    expect(parseSmart('sda', ata, 0)).toEqual({
      device: 'sda',
      model: 'Spinner 3000',
      passed: true,
      note: null,
      temperatureCelsius: 41,
      powerOnHours: 12_345,
      reallocatedSectors: 8,
      pendingSectors: 2,
      uncorrectableErrors: null,
      wearPercent: 7,
    })
    const nvme = JSON.stringify({
      smart_status: { passed: false },
      nvme_smart_health_information_log: { percentage_used: 103, media_errors: 4 },
    })
    expect(parseSmart('nvme0n1', nvme, 8)).toMatchObject({ passed: false, uncorrectableErrors: 4, wearPercent: 103 })
  })

  it('says why a disk says nothing', () => {
    const messages = (string: string) => JSON.stringify({ smartctl: { messages: [{ string }] } })
    expect(parseSmart('sda', messages('Device is in STANDBY mode, exit(2)'), 2).note).toContain('sleeps')
    expect(parseSmart('vda', messages('Unable to detect device type'), 1).note).toBe(
      'smartctl could not ask it: Unable to detect device type.',
    )
    expect(parseSmart('vda', JSON.stringify({ smart_support: { available: false } }), 4).note).toContain('no SMART')
    expect(parseSmart('vda', 'no JSON at all', 0)).toMatchObject({ passed: null, note: expect.any(String) })
  })

  it('calls what cannot be read bad before the disk itself does', async () => {
    const devices = async () => [{ name: 'sda', kind: 'disk' }]
    const storage = { devices, health: async (device: string) => parseSmart(device, ata, 0) }
    await using other = await openMachine({ replace: { storage: storage as never } })
    const { summary } = await other.call('disk_health')
    expect(summary).toBe('Disk sda (2 unreadable sectors) needs attention.')
  })

  requires
    .command('smartctl', 'smartmontools')
    .test('asks the real disks, and names them where one is asked for that is not there', async () => {
      const { output } = await machine.call('disk_health')
      for (const disk of output.disks as { passed: boolean | null; note: string | null }[]) {
        expect(disk.passed !== null || disk.note !== null).toBe(true)
      }
    })

  requires
    .that(!requires.command('smartctl', 'smartmontools').met, 'needs a host without smartctl')
    .test('says what is missing', async () => {
      const devices = async () => [{ name: 'sda', kind: 'disk' }]
      const storage = { devices, health: machine.host.storage.health }
      await using other = await openMachine({ replace: { storage: storage as never } })
      await expect(other.call('disk_health')).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringContaining('smartmontools'),
      })
    })

  it('refuses a disk that is not there, before anything is run', async () => {
    await expect(machine.call('disk_health', { device: 'nosuchdisk' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/^This host has no disk nosuchdisk\./),
    })
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['disk_usage', { path: 'a\0b' }],
    ['disk_list', { limit: 0 }],
    ['mount_list', { under: 'relative' }],
    ['disk_health', { device: '/dev/../etc/passwd' }],
    ['disk_health', { device: '--scan' }],
    ['disk_health', { device: 'sda -s on' }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
