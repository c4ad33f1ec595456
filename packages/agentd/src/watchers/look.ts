import { CastellanError } from '@castellan/contracts'
import type { Host } from '../host/index.ts'
import { type Check, checkInWords } from './watcher.ts'

/** Time for one look, in milliseconds. */
const LOOK_MS = 10_000

/** What a look finds; it never throws. What cannot be looked at on this host is not well. */
export async function lookAt(
  check: Check,
  host: Pick<Host, 'systemd' | 'system' | 'storage' | 'probes'>,
  stopping: AbortSignal,
): Promise<{ readonly healthy: boolean; readonly message: string }> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(LOOK_MS)])
  try {
    return await look(check, host, signal)
  } catch (error) {
    const why = error instanceof CastellanError ? error.message : `No answer within ${LOOK_MS / 1000} s.`
    return { healthy: false, message: why.slice(0, 500) }
  }
}

async function look(check: Check, host: Parameters<typeof lookAt>[1], signal: AbortSignal) {
  switch (check.kind) {
    case 'unit': {
      const { unit, activeState, subState } = await host.systemd.unit(check.unit, signal)
      return found(activeState === 'active', `${unit} is ${activeState} (${subState}).`)
    }
    case 'tcp': {
      const answers = await host.probes.port(check.host, check.port, LOOK_MS / 2, signal)
      const open = answers.find(({ state }) => state === 'open')
      const how = open === undefined ? (answers[0]?.state.replace('_', ' ') ?? 'unknown') : 'open'
      return found(open !== undefined, `${check.host} port ${check.port} is ${how}.`)
    }
    case 'http': {
      const question = { url: new URL(check.url), method: 'GET', contains: undefined, timeoutMs: LOOK_MS / 2 } as const
      const { status, totalMs } = await host.probes.http(question, signal)
      const good = check.status === null ? status >= 200 && status < 400 : status === check.status
      return found(good, `${check.url} answered ${status} in ${totalMs} ms.`)
    }
    case 'disk': {
      const { mountPoint, usedBytes, availableBytes } = await host.storage.fileSystemOf(check.path)
      return measured(
        check,
        check.abovePercent,
        (usedBytes / Math.max(1, usedBytes + availableBytes)) * 100,
        `${mountPoint} is`,
        '% full',
      )
    }
    case 'memory': {
      const { usedBytes, totalBytes } = await host.system.memory()
      return measured(check, check.abovePercent, (usedBytes / totalBytes) * 100, 'Memory is', '% used')
    }
    case 'load': {
      const [{ fiveMinutes }, { cpuCount }] = await Promise.all([host.system.load(), host.system.facts()])
      return measured(check, check.abovePerCpu, fiveMinutes / cpuCount, 'The load of five minutes is', 'per CPU')
    }
  }
}

function measured(check: Check, most: number, value: number, what: string, unit: string) {
  const rounded = Math.round(value * 10) / 10
  return found(
    value <= most,
    `${what} ${rounded} ${unit}${value <= most ? '' : `; watched is that ${checkInWords(check)}`}.`,
  )
}

function found(healthy: boolean, message: string) {
  return { healthy, message: message.slice(0, 500) }
}
