import { statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { CastellanError } from '@castellan/contracts'
import { runCommand } from '../../host/command.ts'
import { System } from '../../host/system.ts'
import type { Check } from './check.ts'
import type { UnitState } from './units.ts'

/** Pages are read so far, in bytes. */
const MAX_PAGE_BYTES = 64 * 1024
const MAX_METRICS_BYTES = 4 * 1024 * 1024

/** What a check is held against beside the world: the units, and how often each was restarted since the switch began. */
export interface Surroundings {
  readonly units: ReadonlyMap<string, UnitState>
  readonly restarts: ReadonlyMap<string, number>
}

/** What is wrong, in a few words; null where the check holds. Never throws, except when the signal aborts. */
export async function probe(check: Check, around: Surroundings, signal: AbortSignal): Promise<string | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(check.timeoutSeconds * 1000)])
  try {
    return await look(check, around, limit)
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return `no answer within ${check.timeoutSeconds} s`
    if (error instanceof CastellanError) return error.message
    const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string }
    return cause?.code ?? cause?.message ?? message
  }
}

function look(check: Check, around: Surroundings, signal: AbortSignal): Promise<string | null> | string | null {
  switch (check.kind) {
    case 'unit':
      return lookAtUnit(check, around)
    case 'tcp':
      return lookAtPort(check, signal)
    case 'http':
      return lookAtPage(check, signal)
    case 'command':
      return lookAtCommand(check, signal)
    case 'metric':
      return lookAtMetric(check, signal)
  }
}

function lookAtUnit({ unit, maxRestarts }: Extract<Check, { kind: 'unit' }>, { units, restarts }: Surroundings) {
  const state = units.get(unit)
  if (state === undefined || !state.loaded) return `${unit} is not there`
  const again = restarts.get(unit) ?? 0
  if (again > maxRestarts) return `${unit} was restarted ${again} times`
  if (state.activeState === 'active' || state.activeState === 'reloading') return null
  return `${unit} is ${state.activeState} (${state.subState})`
}

function lookAtPort({ host, port }: Extract<Check, { kind: 'tcp' }>, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal })
    socket.once('connect', () => {
      resolve(null)
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(error)
      else resolve(`port ${port} of ${host}: ${error.code ?? error.message}`)
    })
  })
}

async function lookAtPage({ url, status, contains }: Extract<Check, { kind: 'http' }>, signal: AbortSignal) {
  const response = await fetch(url, oneAnswer(signal))
  if (!status.includes(response.status)) {
    await response.body?.cancel()
    return `${url} answers with status ${response.status}`
  }
  if (contains === undefined) {
    await response.body?.cancel()
    return null
  }
  return (await textOf(response, MAX_PAGE_BYTES)).includes(contains)
    ? null
    : `${url} does not contain the expected text`
}

async function lookAtCommand({ argv }: Extract<Check, { kind: 'command' }>, signal: AbortSignal) {
  const [program, ...args] = argv as [string, ...string[]]
  const { exitCode } = await runCommand(program, args, { signal, maxOutputBytes: 1024 * 1024 })
  return exitCode === 0 ? null : `${program} ended with exit code ${exitCode}`
}

async function lookAtMetric({ metric, atLeast, atMost }: Extract<Check, { kind: 'metric' }>, signal: AbortSignal) {
  const value = await measure(metric, signal)
  if (value === null) return 'there is no such figure'
  if (atLeast !== undefined && value < atLeast) return `it is ${round(value)}, less than ${atLeast}`
  if (atMost !== undefined && value > atMost) return `it is ${round(value)}, more than ${atMost}`
  return null
}

async function measure(
  metric: Extract<Check, { kind: 'metric' }>['metric'],
  signal: AbortSignal,
): Promise<number | null> {
  if (metric === 'load_per_cpu') return (loadavg()[0] ?? 0) / availableParallelism()
  if (metric === 'memory_available_percent') {
    const { availableBytes, totalBytes } = await new System().memory()
    return (availableBytes / totalBytes) * 100
  }
  if (metric === 'root_available_percent') {
    const { bavail, blocks } = await statfs('/')
    return (bavail / blocks) * 100
  }
  const response = await fetch(metric.url, oneAnswer(signal))
  return metricIn(await textOf(response, MAX_METRICS_BYTES), metric.name)
}

/** The Prometheus text format: `name{labels} value [time]` a line. */
export function metricIn(text: string, name: string): number | null {
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name} `)) continue
    const value = Number(
      line
        .slice(name.length + 1)
        .trim()
        .split(/\s+/)[0],
    )
    if (!Number.isNaN(value)) return value
  }
  return null
}

/** On a connection of its own: one that was kept from before may outlive the program that listened. */
function oneAnswer(signal: AbortSignal): RequestInit {
  return { signal, redirect: 'manual', headers: { connection: 'close' } }
}

async function textOf(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most).toString()
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
