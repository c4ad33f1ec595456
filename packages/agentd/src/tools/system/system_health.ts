import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import type { FileSystem } from '../../host/storage.ts'
import type { Load, Memory } from '../../host/system.ts'
import { defineTool, readLimits } from '../define.ts'
import { percentField } from '../fields.ts'
import { usedInodesPercent, usedPercent } from '../storage/disk_usage.ts'
import { count, duration, list, percent, sentence, size } from '../words.ts'

const Finding = z.strictObject({ severity: z.enum(['warning', 'critical']), message: z.string() })
type Finding = z.infer<typeof Finding>

export const systemHealth = defineTool({
  name: 'system_health',
  title: 'System health',
  description:
    'Whether the machine is well: load, memory, disks and failed services at a glance, with what needs attention.',
  input: z.strictObject({}),
  output: z.strictObject({
    verdict: z.enum(['ok', 'warning', 'critical']),
    findings: z.array(Finding).describe('What needs attention, the worst first; empty when all is well.'),
    uptimeSeconds: z.int(),
    cpuCount: z.int(),
    load: z.strictObject({ oneMinute: z.number(), fiveMinutes: z.number(), fifteenMinutes: z.number() }),
    memoryUsedPercent: percentField,
    memoryAvailableBytes: z.int(),
    fileSystems: z.array(
      z.strictObject({ mountPoint: z.string(), usedPercent: percentField, availableBytes: z.int() }),
    ),
    failedServices: z.array(z.string()).nullable().describe('Null where services could not be checked.'),
    servicesNote: z.string().nullable().describe('Why services could not be checked.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: (health) => {
    const { load, cpuCount, memoryUsedPercent, uptimeSeconds } = health
    const fullest = health.fileSystems.toSorted((left, right) => right.usedPercent - left.usedPercent)[0]
    const disk = fullest === undefined ? '' : `, ${fullest.mountPoint} ${percent(fullest.usedPercent, 100)} full`
    const services = health.failedServices === null ? ' Services were not checked: systemd does not run this host.' : ''
    const figures =
      `up ${duration(uptimeSeconds)}, load ${load.oneMinute.toFixed(2)} on ${count(cpuCount, 'core')}, memory ` +
      `${Math.round(memoryUsedPercent)} % used${disk}`
    if (health.verdict === 'ok') return `All is well: ${figures}.${services}`
    const [most, ...others] = health.findings
    const more = others.length === 0 ? '' : ` Also: ${list(others.map(({ message }) => message))}.`
    return `${sentence(most?.message ?? 'something needs attention')}.${more} The machine is ${figures}.${services}`
  },
  run: async (_input, { host, signal }) => {
    const [facts, load, memory, mounted, services] = await Promise.all([
      host.system.facts(),
      host.system.load(),
      host.system.memory(),
      host.storage.fileSystems(signal),
      failedServices(host, signal),
    ])
    // What cannot be written may be full: images and media always are.
    const fileSystems = mounted.filter(({ readOnly }) => !readOnly)
    const findings: Finding[] = [
      ...diskFindings(fileSystems),
      ...memoryFindings(memory),
      ...loadFindings(load, facts.cpuCount),
      ...serviceFindings(services.failed),
    ]
    findings.sort((left, right) => Number(right.severity === 'critical') - Number(left.severity === 'critical'))
    const verdict: 'ok' | Finding['severity'] = findings[0]?.severity ?? 'ok'
    return {
      verdict,
      findings,
      uptimeSeconds: facts.uptimeSeconds,
      cpuCount: facts.cpuCount,
      load,
      memoryUsedPercent: Math.round((memory.usedBytes / memory.totalBytes) * 1000) / 10,
      memoryAvailableBytes: memory.availableBytes,
      fileSystems: fileSystems.map((fileSystem) => ({
        mountPoint: fileSystem.mountPoint,
        usedPercent: usedPercent(fileSystem),
        availableBytes: fileSystem.availableBytes,
      })),
      failedServices: services.failed,
      servicesNote: services.note,
    }
  },
})

async function failedServices(
  host: Host,
  signal: AbortSignal,
): Promise<{ failed: string[] | null; note: string | null }> {
  try {
    const services = await host.systemd.services(signal)
    return {
      failed: services.filter(({ activeState }) => activeState === 'failed').map(({ unit }) => unit),
      note: null,
    }
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'unsupported_host')
      return { failed: null, note: error.message }
    throw error
  }
}

export function diskFindings(fileSystems: readonly FileSystem[]): Finding[] {
  return fileSystems.flatMap((fileSystem): Finding[] => {
    const used = usedPercent(fileSystem)
    const inodes = usedInodesPercent(fileSystem) ?? 0
    const full = `${fileSystem.mountPoint} is ${percent(used, 100)} full, ${size(fileSystem.availableBytes)} free`
    if (used >= 90) return [{ severity: used >= 97 ? 'critical' : 'warning', message: full }]
    if (inodes < 90) return []
    const message = `${Math.round(inodes)} % of the inodes of ${fileSystem.mountPoint} are used`
    return [{ severity: inodes >= 97 ? 'critical' : 'warning', message }]
  })
}

export function memoryFindings({ totalBytes, availableBytes, swapTotalBytes, swapUsedBytes }: Memory): Finding[] {
  const findings: Finding[] = []
  const share = availableBytes / totalBytes
  if (share < 0.1) {
    const message = `only ${size(availableBytes)} of ${size(totalBytes)} memory are available`
    findings.push({ severity: share < 0.04 ? 'critical' : 'warning', message })
  }
  if (swapUsedBytes > swapTotalBytes * 0.8) {
    findings.push({ severity: 'warning', message: `swap is ${percent(swapUsedBytes, swapTotalBytes)} used` })
  }
  return findings
}

/** Over five minutes, so that a short burst is not a finding. */
export function loadFindings({ fiveMinutes }: Load, cpuCount: number): Finding[] {
  if (fiveMinutes < cpuCount * 2) return []
  const message = `the load over five minutes is ${fiveMinutes.toFixed(1)} on ${count(cpuCount, 'core')}`
  return [{ severity: fiveMinutes >= cpuCount * 8 ? 'critical' : 'warning', message }]
}

function serviceFindings(failed: readonly string[] | null): Finding[] {
  if (failed === null || failed.length === 0) return []
  return [{ severity: 'warning', message: `${count(failed.length, 'service')} failed (${list(failed)})` }]
}
