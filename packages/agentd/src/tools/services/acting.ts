import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, Timestamp, type ToolLimits, type ToolPreview, type ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import type { UnitDetail } from '../../host/systemd.ts'
import type { UnitVerb } from '../../host/unit-control.ts'
import { unitField } from '../fields.ts'
import { consequences, refuseByName, refuseProtected } from './protection.ts'

/** A program that cannot run mostly ends at once; after this many milliseconds the answer shows it. */
const SETTLE_MS = 250

/** systemd gives a service 90 s to start or stop unless its unit says otherwise. */
export const actLimits: ToolLimits = { timeoutMs: 120_000, outputBytes: 64 * 1024, perMinute: 60 }

export const ActInput = z.strictObject({ unit: unitField })

export const ActOutput = z.strictObject({
  unit: z.string().describe('Its full name.'),
  changed: z.boolean().describe('False where there was nothing to do.'),
  activeStateBefore: z.string(),
  activeState: z.string(),
  subState: z.string(),
  since: Timestamp.nullable().describe('When it entered its present state.'),
  mainPid: z.int().nullable(),
  result: z.string().nullable().describe('How it ended last: success, exit-code, signal, timeout, …'),
})
export type ActOutput = z.infer<typeof ActOutput>

/** Whether systemd counts the unit as up: it runs, did its work and stayed, or is on the way. */
export function isUp({ activeState }: Pick<UnitDetail, 'activeState'>): boolean {
  return ['active', 'activating', 'reloading'].includes(activeState)
}

/** The unit by its full name, as policy is to see it: an alias must not hide what is meant. */
export async function unitResources(
  unit: string,
  host: Host,
  access: ToolResource['access'],
): Promise<readonly ToolResource[]> {
  return [{ kind: 'unit', id: await fullName(unit, host, AbortSignal.timeout(5000)), access }]
}

/** The same for what is to be acted on. What its name alone forbids is refused here: nobody should be asked about it. */
export async function actResources(verb: UnitVerb, unit: string, host: Host): Promise<readonly ToolResource[]> {
  const resources = await unitResources(unit, host, 'write')
  for (const { id } of resources) await refuseByName(verb, id)
  return resources
}

/** The name itself with its suffix where systemd does not know the unit, or cannot be asked: the run then says so. */
export async function fullName(unit: string, host: Host, signal: AbortSignal): Promise<string> {
  try {
    return await host.systemd.resolve(unit, signal)
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    return unit.includes('.') ? unit : `${unit}.service`
  }
}

/** Does it, refusing what is protected, and answers how the unit is shortly after. */
export async function act(host: Host, verb: UnitVerb, before: UnitDetail, signal: AbortSignal): Promise<ActOutput> {
  await host.systemd.control(verb, before.unit, signal)
  await sleep(SETTLE_MS, undefined, { signal })
  const now = await host.systemd.unit(before.unit, signal).catch((error: unknown) => {
    // A transient unit is forgotten as soon as it has stopped.
    if (!(verb === 'stop' && error instanceof CastellanError && error.code === 'unit_not_found')) throw error
    return { ...before, activeState: 'inactive', subState: 'dead', mainPid: null, since: null }
  })
  return answer(now, before, true)
}

export function answer(now: UnitDetail, before: UnitDetail, changed: boolean): ActOutput {
  return {
    unit: now.unit,
    changed,
    activeStateBefore: before.activeState,
    activeState: now.activeState,
    subState: now.subState,
    since: now.since?.toISOString() ?? null,
    mainPid: now.mainPid,
    result: now.result,
  }
}

/** The unit that is meant, once nothing protects it from what is to be done. */
export async function actable(host: Host, verb: UnitVerb, name: string, signal: AbortSignal): Promise<UnitDetail> {
  const unit = await host.systemd.unit(name, signal)
  await refuseProtected(host, verb, unit.unit, signal)
  return unit
}

/** What the act would do. A protected unit is refused here already: nobody should be asked about it. */
export async function previewAct(
  host: Host,
  verb: UnitVerb,
  name: string,
  words: { readonly effect: (unit: UnitDetail) => string; readonly undo: (unit: UnitDetail) => string },
  signal: AbortSignal,
): Promise<ToolPreview> {
  const unit = await actable(host, verb, name, signal)
  const state = `${unit.unit} (${unit.description}) is ${unit.activeState} (${unit.subState}) now.`
  const effects = [state, words.effect(unit), ...(await consequences(host, verb, unit.unit, signal))]
  return { effects, undo: words.undo(unit) }
}

export function stateSentence({ unit, activeState, subState, mainPid, result }: ActOutput): string {
  if (activeState === 'failed') {
    return `${unit} has failed (${result ?? 'unknown reason'}). journal_query with this unit shows what it said.`
  }
  if (activeState === 'active' && subState === 'running') {
    return `${unit} is running${mainPid === null ? '' : `, main process ${mainPid}`}.`
  }
  return `${unit} is ${activeState} (${subState}).`
}
