import { CastellanError } from '@castellan/contracts'
import type { SwitchRequest } from '../host/switch.ts'
import type { KnownBadList } from './known-bad.ts'
import type { SwitchMachine } from './machine.ts'
import { newSwitchId, StorePath, SwitchPlan, type SwitchRecord } from './record.ts'

/** What a request leaves open is as the owner configured it. Throws `invalid_arguments` where two checks share a name. */
export function planOf(wanted: Partial<SwitchPlan>, defaults: SwitchPlan): SwitchPlan {
  const plan = SwitchPlan.parse({ ...defaults, ...wanted, checks: [...defaults.checks, ...(wanted.checks ?? [])] })
  const names = plan.checks.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return plan
  throw new CastellanError(
    'invalid_arguments',
    `Two checks are called ${JSON.stringify(twice)}. Give each a name of its own.`,
  )
}

/** The record of a switch that is about to begin. Throws `switch_refused` where it must not, and `invalid_arguments`. */
export async function newRecord(
  request: SwitchRequest,
  { plan, machine, knownBad }: { plan: SwitchPlan; machine: SwitchMachine; knownBad: KnownBadList },
): Promise<SwitchRecord> {
  const path = storePath(request.path)
  const [from, bootDefault] = [await machine.running(), await machine.bootDefault()]
  if (path === from.path && path === bootDefault.path) {
    throw new CastellanError('switch_refused', `${path} runs already, and is what boots.`)
  }
  const bad = knownBad.find(path)
  if (bad !== undefined && !request.force) {
    throw new CastellanError(
      'switch_refused',
      `${path} was rolled back from on ${bad.at} (${bad.reason}) and would fail again. Change it, or insist with force.`,
      { detail: { switch: bad.switchId } },
    )
  }
  return {
    v: 1,
    id: newSwitchId(),
    phase: 'built',
    reason: request.reason,
    actor: request.actor,
    callId: request.callId,
    from,
    to: { path, generation: request.generation },
    bootDefault,
    plan,
    bootId: await machine.bootId(),
    byBoot: false,
    baseline: null,
    findings: [],
    notices: [],
    confirmedBy: null,
    blamed: false,
    rebooted: false,
    outcome: null,
    steps: [{ phase: 'built', at: new Date().toISOString(), note: request.reason || 'No reason was given.' }],
  }
}

/** Throws `invalid_arguments`. */
export function storePath(text: string): string {
  const path = StorePath.safeParse(text)
  if (path.success) return path.data
  throw new CastellanError(
    'invalid_arguments',
    `${JSON.stringify(text)} is no system in the store: it ${path.error.issues[0]?.message}.`,
  )
}
