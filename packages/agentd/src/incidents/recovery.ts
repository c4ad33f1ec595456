import {
  CastellanError,
  type ContainmentAction,
  type Incident,
  type RecoveryPlan,
  type RecoveryRequest,
  type RecoveryStep,
  RecoveryStepName,
} from '@castellan/contracts'
import type { Containments } from './containment.ts'
import type { Incidents } from './incidents.ts'

/** Whether what caused an incident is still there: why, in a sentence, or null where it is not. */
export type CauseCheck = (
  incident: Incident,
  signal: AbortSignal,
) => Promise<{ readonly persists: string | null; readonly seen: string }>

export interface RecoveryParts {
  readonly incidents: Incidents
  readonly containments: Containments
  readonly cause: CauseCheck
  /** Told where the operator insists that what caused an incident is right from now on. */
  readonly onForced?: (incident: Incident) => Promise<void>
}

/** In which order measures are lifted. The way out opens last: while agents are frozen there is no airlock that could be asked. */
const ORDER: readonly ContainmentAction[] = [
  'quarantine_model',
  'lock_credentials',
  'suspend_tokens',
  'revoke_capabilities',
  'freeze_agents',
  'airlock_off',
]

const WORDS: Readonly<Record<ContainmentAction, string>> = {
  quarantine_model: 'Puts the model back into use, once its file is what was let in.',
  lock_credentials: 'Lets the gateway read the credentials again.',
  suspend_tokens: 'Lets tokens of the API open things again; revoke those that you do not trust first.',
  revoke_capabilities: 'Capabilities that ended stay ended; agents may mint new ones.',
  airlock_off: 'The way out is open again: `agentctl airlock on` opens it, which only you can.',
  freeze_agents: 'Lets agents act again.',
}

/**
 * The way back from an incident, one step after the other: see that the cause is gone, lift what contains it, close it. Every step is
 * the operator's, and an entry of the ledger. What was lifted stays lifted if the rest is left for another day.
 */
export class Recovery {
  readonly #parts: RecoveryParts

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Throws `not_found`. */
  plan(id: string): RecoveryPlan {
    const incident = this.#parts.incidents.get(id)
    return { incident, steps: stepsOf(incident) }
  }

  /**
   * Takes the next step. Throws `conflict` where it is not that one's turn, `cause_persists` where what caused the incident is still
   * there and nobody insists, `invalid_request` for insisting without a reason.
   */
  async take(id: string, request: RecoveryRequest, by: string, signal: AbortSignal): Promise<RecoveryPlan> {
    const { incidents, containments } = this.#parts
    const { step, force = false, reason = '' } = request
    const next = this.plan(id).steps.find(({ state }) => state === 'next')
    if (next?.step !== step) {
      const turn = next === undefined ? 'All steps are done.' : `The next step is ${next.step}.`
      throw new CastellanError('conflict', `${step} is not the next step back from incident ${id}. ${turn}`)
    }
    if (force && reason === '') {
      throw new CastellanError('invalid_request', 'Going on although the cause is still there needs a reason.')
    }
    if (step === 'cause') await this.#checkCause(id, { force, reason }, by, signal)
    else if (step === 'resolve') await incidents.resolve(id, by, reason === '' ? 'Recovered, step by step.' : reason)
    else {
      await containments.lift(id, step.slice('lift:'.length) as ContainmentAction, by)
      await incidents.noteRecovery(id, by, { step }, `${step} is done.`)
    }
    return this.plan(id)
  }

  async #checkCause(
    id: string,
    { force, reason }: { readonly force: boolean; readonly reason: string },
    by: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { incidents, cause } = this.#parts
    const { persists, seen } = await cause(incidents.get(id), signal)
    if (persists !== null && !force) {
      await incidents.noteRecovery(id, by, { step: 'cause', ok: false }, `The cause is still there: ${persists}`)
      throw new CastellanError(
        'cause_persists',
        `${persists} End that first. To go on all the same, force it and say why.`,
      )
    }
    if (persists !== null) await this.#parts.onForced?.(incidents.get(id))
    const note = persists === null ? `The cause is gone: ${seen}` : `Forced although ${persists} Reason: ${reason}`
    await incidents.noteRecovery(
      id,
      by,
      { step: 'cause', ok: true, forced: persists !== null },
      `${CAUSE_CHECKED}${note}`,
    )
  }
}

/** How the step that checked the cause begins in the time line; what was seen since then makes it void. */
const CAUSE_CHECKED = 'Cause checked. '

function stepsOf(incident: Incident): RecoveryStep[] {
  if (incident.state === 'resolved') return [{ step: 'resolve', text: 'It is resolved.', state: 'done' }]
  const checkedAt = incident.steps.findLast(({ note }) => note.startsWith(CAUSE_CHECKED))?.at
  const checked = checkedAt !== undefined && Date.parse(checkedAt) >= Date.parse(incident.last_at)
  const steps: (Omit<RecoveryStep, 'state'> & { readonly done: boolean })[] = [
    { step: 'cause', text: 'Sees whether what caused it is gone.', done: checked },
    ...ORDER.flatMap((action) => {
      const held = incident.containment.find((one) => one.action === action)
      if (held === undefined || held.state === 'failed') return []
      return [{ step: RecoveryStepName.parse(`lift:${action}`), text: WORDS[action], done: held.state === 'lifted' }]
    }),
    { step: 'resolve', text: 'Closes the incident.', done: false },
  ]
  const next = steps.findIndex(({ done }) => !done)
  return steps.map(({ step, text, done }, at) => ({
    step,
    text,
    state: done ? 'done' : at === next ? 'next' : 'later',
  }))
}
