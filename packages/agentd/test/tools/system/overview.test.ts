import { existsSync } from 'node:fs'
import { cpus, hostname, totalmem } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { offsetOf } from '../../../src/host/clock.ts'
import { parseTopology } from '../../../src/host/hardware.ts'
import { diskFindings, loadFindings, memoryFindings } from '../../../src/tools/system/system_health.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

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

describe('hardware_info', () => {
  it('tells what this machine is made of', async () => {
    const { output, summary } = await machine.call('hardware_info')
    expect(output).toMatchObject({ cpu: { threads: cpus().length }, memoryTotalBytes: totalmem() })
    expect(summary).toMatch(/core.* of memory/)
    expect(JSON.stringify(output)).not.toMatch(/serial/i)
  })

  it('counts sockets and cores where the processor tells', () => {
    const block = (socket: number, core: number) => `processor : 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`
    const info = [block(0, 0), block(0, 1), block(1, 0), block(1, 0)].join('\n')
    expect(parseTopology(info, 4)).toEqual({ sockets: 2, cores: 3, threads: 4 })
    expect(parseTopology('processor: 0\n\nprocessor: 1\n', 2)).toEqual({ sockets: 1, cores: 2, threads: 2 })
  })
})

describe('time_status', () => {
  it('tells the time', async () => {
    const before = Date.now()
    const { output, summary } = await machine.call('time_status')
    const told = Date.parse(output.now as string)
    expect(told).toBeGreaterThanOrEqual(before)
    expect(told).toBeLessThanOrEqual(Date.now())
    expect(summary).toMatch(/^It is \d{4}-\d\d-\d\d \d\d:\d\d in /)
  })

  it('knows offsets as they are then, summer and winter', () => {
    expect(offsetOf('Europe/Berlin', new Date('2026-07-01T00:00:00Z'))).toBe(120)
    expect(offsetOf('Europe/Berlin', new Date('2026-12-01T00:00:00Z'))).toBe(60)
    expect(offsetOf('America/St_Johns', new Date('2026-12-01T00:00:00Z'))).toBe(-210)
    expect(offsetOf('UTC', new Date())).toBe(0)
    expect(offsetOf('Not/A_Zone', new Date())).toBe(0)
  })
})
