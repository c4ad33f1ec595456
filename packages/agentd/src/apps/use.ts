import { setTimeout as sleep } from 'node:timers/promises'
import type { AppUse } from '../host/apps.ts'
import { servicesOf } from '../host/cgroup.ts'
import type { Network } from '../host/network.ts'
import { showUnits } from '../host/systemctl.ts'

/** Time between the two readings of which CPU use is the difference, in milliseconds. */
const SAMPLE_MS = 250

/** What units use now, in their order; takes a quarter of a second. Throws `unsupported_host` where systemd is not process 1. */
export async function measureUse(
  units: readonly string[],
  network: Pick<Network, 'listeners'>,
  signal: AbortSignal,
): Promise<AppUse[]> {
  if (units.length === 0) return []
  const startedAt = performance.now()
  const before = await showUnits(units, ['CPUUsageNSec'], signal)
  const [ports] = await Promise.all([portsOf(network, signal), sleep(SAMPLE_MS, undefined, { signal })])
  const after = await showUnits(units, ['CPUUsageNSec', 'TasksCurrent'], signal)
  const sampleNs = (performance.now() - startedAt) * 1e6
  return units.map((unit, position) => {
    const cpu = (shown: readonly ReadonlyMap<string, string>[]) => counted(shown[position]?.get('CPUUsageNSec'))
    const [first, last] = [cpu(before), cpu(after)]
    return {
      // A unit that started anew in between counts from nothing again.
      cpuPercent:
        first === null || last === null ? null : Math.round((1000 * Math.max(0, last - first)) / sampleNs) / 10,
      tasks: counted(after[position]?.get('TasksCurrent')),
      ports: ports.get(unit) ?? [],
    }
  })
}

/** `[not set]`, and the largest number of 64 bits that older systemd writes for it, are null. */
export function counted(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,18}$/.test(text) ? Number(text) : null
}

/** Where each service waits to be spoken to. What has a network of its own is not seen. */
async function portsOf(
  network: Pick<Network, 'listeners'>,
  signal: AbortSignal,
): Promise<Map<string, AppUse['ports']>> {
  const ports = new Map<string, AppUse['ports']>()
  for (const { protocol, address, port, pid } of await network.listeners(signal)) {
    if (pid === null) continue
    for (const unit of await servicesOf(pid)) ports.set(unit, [...(ports.get(unit) ?? []), { protocol, address, port }])
  }
  return ports
}
