import { readFile } from 'node:fs/promises'
import type { Vitals } from '@castellan/contracts'
import { busyPercent, type CpuTicks, parseCpuTicks, percent } from './load-history.ts'
import type { Network } from './network.ts'
import type { System } from './system.ts'

interface Look {
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number
  readonly ticks: CpuTicks
  /** Null where this host does not tell. */
  readonly traffic: { readonly received: number; readonly sent: number } | null
}

/** How busy the machine is, look by look: what is a rate is that since the look before, so each follower has its own. */
export class VitalsLooks {
  readonly #system: Pick<System, 'load' | 'memory'>
  readonly #network: Pick<Network, 'interfaces'>
  #before: Look | null = null

  constructor(system: Pick<System, 'load' | 'memory'>, network: Pick<Network, 'interfaces'>) {
    this.#system = system
    this.#network = network
  }

  async look(): Promise<Vitals> {
    const [load, memory, stat, traffic] = await Promise.all([
      this.#system.load(),
      this.#system.memory(),
      readFile('/proc/stat', 'utf8'),
      this.#traffic(),
    ])
    const before = this.#before
    const now: Look = { at: performance.now(), ticks: parseCpuTicks(stat), traffic }
    this.#before = now
    return {
      at: new Date().toISOString(),
      cpu_percent: before === null ? null : busyPercent(before.ticks, now.ticks),
      load: load.oneMinute,
      memory_percent: percent(memory.usedBytes, memory.totalBytes),
      swap_percent: percent(memory.swapUsedBytes, memory.swapTotalBytes),
      received_per_s: rate(before, now, 'received'),
      sent_per_s: rate(before, now, 'sent'),
    }
  }

  async #traffic(): Promise<Look['traffic']> {
    const all = await this.#network.interfaces().catch(() => null)
    if (all === null) return null
    const real = all.filter(({ kind }) => kind !== 'loopback')
    return {
      received: real.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
      sent: real.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    }
  }
}

/** Bytes a second; null for the first look, and where counters went back because an interface is gone. */
function rate(before: Look | null, now: Look, way: 'received' | 'sent'): number | null {
  if (before?.traffic == null || now.traffic === null || now.at <= before.at) return null
  const bytes = now.traffic[way] - before.traffic[way]
  return bytes < 0 ? null : Math.round((bytes * 1000) / (now.at - before.at))
}
