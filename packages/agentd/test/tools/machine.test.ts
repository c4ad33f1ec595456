import { createSocket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, hostname, totalmem } from 'node:os'
import { CastellanError } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diskFindings, loadFindings, memoryFindings } from '../../src/tools/system/system_health.ts'
import { type Machine, openMachine, toolByName } from '../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

const systemd = existsSync('/run/systemd/system')

describe('system_info', () => {
  it('tells what this machine is', async () => {
    const { output, summary } = await machine.call('system_info')
    expect(output).toMatchObject({ hostname: hostname(), systemd })
    expect(summary).toContain(hostname())
    expect(summary).toMatch(/It has been up for .+\.$/)
  })
})

describe('memory_usage', () => {
  it('adds up', async () => {
    const { output, summary } = await machine.call('memory_usage')
    expect(output.totalBytes).toBe(totalmem())
    expect((output.usedBytes as number) + (output.availableBytes as number)).toBe(output.totalBytes)
    expect(summary).toMatch(/^(under )?\d+ % of memory is used: .+ of .+, .+ available\. /)
  })

  it('takes no arguments', async () => {
    await expect(machine.call('memory_usage', { unit: 'MB' })).rejects.toThrow(/unrecognized/i)
  })
})

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
  })
})

describe('process_list', () => {
  it('finds this very process, by name', async () => {
    const { output } = await machine.call('process_list', { name: 'vitest', limit: 200 })
    expect((output.processes as { pid: number }[]).map(({ pid }) => pid)).toContain(process.pid)
  })

  it('sorts as told, cuts at the limit and says so', async () => {
    const { output } = await machine.call('process_list', { sortBy: 'pid', limit: 2 })
    const pids = (output.processes as { pid: number }[]).map(({ pid }) => pid)
    expect(pids).toEqual(pids.toSorted((left, right) => left - right))
    expect(output).toMatchObject({ truncated: true })
    expect(pids).toHaveLength(2)
  })

  it('says when nothing has that name', async () => {
    const { output, summary } = await machine.call('process_list', { name: 'no-such-program-here' })
    expect(output).toMatchObject({ processes: [], matching: 0, truncated: false })
    expect(summary).toMatch(/^No process named "no-such-program-here" is running/)
  })

  it('stops as soon as it is cancelled', async () => {
    const controller = new AbortController()
    const listing = machine.host.processes.list(controller.signal)
    controller.abort()
    await expect(listing).rejects.toThrow()
  })
})

describe('network_listeners', () => {
  it('finds a port of our own with its process, over TCP and UDP, IPv4 and IPv6', async () => {
    const tcp = createServer()
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    const udp = createSocket('udp6')
    await new Promise<void>((resolve) => udp.bind(0, '::1', resolve))
    try {
      const port = (tcp.address() as { port: number }).port
      const { output, summary } = await machine.call('network_listeners', { port, protocol: 'tcp' })
      expect(output.listeners).toEqual([
        expect.objectContaining({ protocol: 'tcp', address: '127.0.0.1', port, pid: process.pid }),
      ])
      expect(summary).toMatch(/^1 socket listens on tcp port \d+: .+ \(this machine only\)\.$/)
      const other = await machine.call('network_listeners', { port: udp.address().port, protocol: 'udp' })
      expect(other.output.listeners).toEqual([
        expect.objectContaining({ protocol: 'udp', address: '::1', pid: process.pid }),
      ])
    } finally {
      udp.close()
      await new Promise((resolve) => tcp.close(resolve))
    }
  })

  it('says when nothing listens, and refuses a port that is none', async () => {
    expect((await machine.call('network_listeners', { port: 1 })).summary).toBe('Nothing listens on port 1.')
    await expect(machine.call('network_listeners', { port: 65_536 })).rejects.toThrow()
    await expect(machine.call('network_listeners', { protocol: 'icmp' })).rejects.toThrow()
  })
})

describe('system_health', () => {
  it('looks at this machine, with or without systemd', async () => {
    const { output, summary } = await machine.call('system_health')
    expect(['ok', 'warning', 'critical']).toContain(output.verdict)
    expect(output.cpuCount).toBe(cpus().length)
    if (systemd) expect(output.failedServices).toEqual(expect.any(Array))
    else {
      expect(output).toMatchObject({
        failedServices: null,
        servicesNote: expect.stringContaining('not run by systemd'),
      })
      expect(summary).toContain('Services were not checked')
    }
  })

  it('counts failed services where systemd can be asked', async () => {
    const failed = {
      unit: 'db.service',
      description: 'Database',
      loadState: 'loaded',
      activeState: 'failed',
      subState: 'failed',
    }
    await using broken = await openMachine({ replace: { systemd: { services: async () => [failed] } as never } })
    const { output, summary } = await broken.call('system_health')
    expect(output.failedServices).toEqual(['db.service'])
    expect(summary).toContain('1 service failed (db.service)')
  })

  it('judges disks, memory and load by what is left', () => {
    const disk = (usedBytes: number) => ({
      mountPoint: '/',
      source: '',
      type: 'ext4',
      totalBytes: 100,
      usedBytes,
      availableBytes: 100 - usedBytes,
      totalInodes: 0,
      usedInodes: 0,
      readOnly: false,
    })
    expect(diskFindings([disk(89)])).toEqual([])
    expect(diskFindings([disk(90)])).toMatchObject([{ severity: 'warning' }])
    expect(diskFindings([disk(97)])).toMatchObject([{ severity: 'critical' }])
    expect(diskFindings([{ ...disk(10), totalInodes: 100, usedInodes: 95 }])).toMatchObject([{ severity: 'warning' }])
    const memory = { totalBytes: 100, usedBytes: 0, freeBytes: 0, cacheBytes: 0, swapTotalBytes: 10, swapUsedBytes: 0 }
    expect(memoryFindings({ ...memory, availableBytes: 10 })).toEqual([])
    expect(memoryFindings({ ...memory, availableBytes: 9 })).toMatchObject([{ severity: 'warning' }])
    expect(memoryFindings({ ...memory, availableBytes: 3, swapUsedBytes: 9 })).toMatchObject([
      { severity: 'critical' },
      { severity: 'warning' },
    ])
    const load = { oneMinute: 0, fifteenMinutes: 0 }
    expect(loadFindings({ ...load, fiveMinutes: 3.9 }, 2)).toEqual([])
    expect(loadFindings({ ...load, fiveMinutes: 4 }, 2)).toMatchObject([{ severity: 'warning' }])
  })
})

requires.that(!systemd, 'needs a host without systemd').describe('on a host without systemd', () => {
  it.each([
    ['service_list', {}],
    ['service_status', { unit: 'nginx' }],
    ['service_failed', {}],
    ['journal_query', {}],
  ])('%s refuses with the reason and what would make it work', async (name, args) => {
    const error = await machine.call(name, args).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CastellanError)
    expect(error).toMatchObject({ code: 'unsupported_host', message: expect.stringMatching(/systemd.*this works\.$/s) })
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['service_status', {}],
    ['service_status', { unit: '--help' }],
    ['service_status', { unit: 'a b' }],
    ['service_status', { unit: '*' }],
    ['service_list', { state: 'sleeping' }],
    ['journal_query', { priority: 'loud' }],
    ['journal_query', { limit: 0 }],
    ['journal_query', { cursor: '--file=/etc/shadow' }],
    ['journal_query', { grep: 'a\0b' }],
    ['generation_list', { limit: -1 }],
    ['ledger_query', { type: 'gossip' }],
    ['ledger_verify', { fast: true }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })

  it('a time that means nothing', async () => {
    await expect(machine.call('journal_query', { since: 'soonish' })).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
  })
})
