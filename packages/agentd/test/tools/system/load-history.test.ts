import { appendFile, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busyPercent, LoadHistory, parseCpuTicks, parseSamples } from '../../../src/host/load-history.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

describe('load_history', () => {
  /** Until the kernel has counted some time, which it does a hundred times a second. */
  async function ticked(): Promise<void> {
    const total = async () => parseCpuTicks(await readFile('/proc/stat', 'utf8')).total
    for (const before = await total(); (await total()) === before; );
  }

  const since = '3 hours'

  it('says that there is nothing yet', async () => {
    await using fresh = await openMachine()
    const { output, summary } = await fresh.call('load_history')
    expect(output).toMatchObject({ samples: 0, spans: [], busiest: null })
    expect(summary).toContain('Nothing was sampled in that time (1 day)')
  })

  it('keeps real figures of this machine over a restart, and a line cut short costs only itself', async () => {
    const folder = join(machine.folder, 'history')
    const history = new LoadHistory(folder, machine.host.system)
    const now = Date.now()
    await history.sample(new Date(now - 120_000))
    await ticked()
    await history.sample(new Date(now - 60_000))
    for (const file of await readdir(folder)) await appendFile(join(folder, file), '\n[17952')
    const again = new LoadHistory(folder, machine.host.system)
    await again.sample(new Date(now))
    await using other = await openMachine({ replace: { history: again } })
    const { output, summary } = await other.call('load_history', { since, points: 3 })
    expect(output).toMatchObject({ samples: 3, sampleSeconds: 60, spanSeconds: 3600 })
    const [span] = output.spans as { samples: number; memoryPercent: { average: number } }[]
    expect(span).toMatchObject({ samples: 3, cpuPercent: { highest: expect.any(Number) } })
    expect(span?.memoryPercent.average).toBeGreaterThan(0)
    expect(span?.memoryPercent.average).toBeLessThan(100)
    expect(summary).toMatch(/^Over 3 hours the load was .+ from 3 samples\. Only \d+ % of that time was sampled\.$/)
    for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  })

  it('forgets days that are too old', async () => {
    const folder = join(machine.folder, 'old-history')
    const history = new LoadHistory(folder, machine.host.system)
    await history.sample(new Date('2026-01-01T12:00:00Z'))
    await history.sample(new Date('2026-01-15T12:00:00Z'))
    expect(await readdir(folder)).toEqual(['2026-01-01.jsonl', '2026-01-15.jsonl'])
    await history.sample(new Date('2026-01-16T12:00:00Z'))
    expect(await readdir(folder)).toEqual(['2026-01-15.jsonl', '2026-01-16.jsonl'])
  })

  it('counts busy time between two readings, and none where the counters went back', () => {
    const before = parseCpuTicks('cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1 1 1\n')
    expect(before).toEqual({ total: 1000, idle: 800 })
    expect(busyPercent(before, { total: 2000, idle: 1550 })).toBe(25)
    expect(busyPercent(before, before)).toBeNull()
    expect(busyPercent(before, { total: 10, idle: 5 })).toBeNull()
  })

  it('reads no line that it did not write', () => {
    const lines = [
      '',
      '[1,null,0.5,10,0]',
      '[2,12.5,0.5,10,0]',
      '[3,12.5',
      'null',
      '[{"a":1}]',
      '[4,1,1,1,1,1]',
      '[-5,1,1,1,1]',
    ]
    expect(parseSamples(lines.join('\n')).map(({ at, cpuPercent }) => [at.getTime(), cpuPercent])).toEqual([
      [1000, null],
      [2000, 12.5],
    ])
  })
})
