import type { AnswerOf, getRecovery, takeRecoveryStep } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { RequestError } from '../connection/http.ts'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { useNews } from '../live/live.ts'
import { type Resource, useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { recoveryStatement, signed } from '../session/statement.ts'
import { recovery as words } from '../strings/recovery.ts'
import { Check } from '../theme/icons.tsx'
import { Shown } from '../ui/states.tsx'
import { effectsOf } from './recovery-effects.ts'

type Plan = AnswerOf<typeof getRecovery>
export type PlanStep = Plan['steps'][number]

const PATH = '/api/v1/incidents/{incident_id}/recovery'

export interface RecoveryProps {
  readonly id: string
  /** A step was taken. */
  readonly changed: () => void
}

/** The way back from an incident, one step after the other. Each is signed with this browser's key, as the gateway may not take it. */
export function Recovery({ id, changed }: RecoveryProps) {
  const { api, canApprove } = useSigned()
  const params = { incident_id: id as never }
  const plan = useResource((signal) => api.ask<typeof getRecovery>('GET', PATH, { params, signal }), [id])
  useNews(
    ({ type }) => type.startsWith('incident_') || type === 'agents_thawed',
    () => void plan.reload(),
  )
  return (
    <section aria-label={words.title} class="recovery">
      <h3>{words.title}</h3>
      <p class="note">{words.lead}</p>
      <Shown resource={plan} what={words.what}>
        {(value) => (
          <>
            <Steps steps={value.steps} />
            {canApprove ? (
              <NextStep plan={value} resource={plan} changed={changed} />
            ) : (
              <p class="note">
                {words.noKey} <code>{words.command(id)}</code>
              </p>
            )}
          </>
        )}
      </Shown>
    </section>
  )
}

function Steps({ steps }: Pick<Plan, 'steps'>) {
  return (
    <ol class="recovery-steps">
      {steps.map(({ step, text, state }) => (
        <li key={step} class={`recovery-step ${state}`} aria-current={state === 'next' ? 'step' : undefined}>
          <span class="mark" aria-hidden="true">
            {state === 'done' && <Check />}
          </span>
          <span>
            <strong>{words.steps[step]}</strong> <span class="note">{words.states[state]}</span>
            <span class="recovery-about">{text}</span>
          </span>
        </li>
      ))}
    </ol>
  )
}

interface NextStepProps {
  readonly plan: Plan
  readonly resource: Resource<Plan>
  readonly changed: () => void
}

function NextStep({ plan, resource, changed }: NextStepProps) {
  const { api, signer } = useSigned()
  const { confirmations, toasts } = usePage()
  const doing = useDoing()
  /** Why agentd finds the cause still there; then somebody may insist. */
  const persists = useSignal<string | null>(null)
  const reason = useSignal('')
  const next = plan.steps.find(({ state }) => state === 'next')
  if (next === undefined) return null
  const { id } = plan.incident
  const insists = persists.value !== null && next.step === 'cause'
  const take = async () => {
    const said = { step: next.step, force: insists, reason: insists ? reason.value.trim() : '' }
    const { title, act } = words.confirm
    const question = {
      title: insists ? title.forced : title[kindOf(next)],
      act: insists ? act.forced : act[kindOf(next)],
    }
    const asked = { ...question, effects: effectsOf(plan, next, insists), undo: words.confirm.undo[kindOf(next)] }
    if (!(await confirmations.ask({ ...asked, danger: insists || next.step.startsWith('lift:') }))) return
    await doing.run(async () => {
      const body = await signed(signer, said, (stated) => recoveryStatement(id, stated))
      try {
        const params = { incident_id: id as never }
        resource.replace(await api.ask<typeof takeRecoveryStep>('POST', PATH, { params, body }))
      } catch (error) {
        if (!(error instanceof RequestError) || error.code !== 'cause_persists') throw error
        persists.value = error.message
        return
      }
      persists.value = null
      reason.value = ''
      toasts.good(words.taken[kindOf(next)])
      changed()
    })
  }
  const held = doing.busy.value || (insists && reason.value.trim() === '')
  return (
    <div class="form">
      {persists.value !== null && next.step === 'cause' && (
        <>
          <p class="problem" role="alert">
            {persists.value}
          </p>
          <TextField
            label={words.reason}
            note={words.reasonNote}
            lines={2}
            maxLength={500}
            value={reason.value}
            change={(value) => {
              reason.value = value
            }}
          />
        </>
      )}
      {doing.problem.value !== null && (
        <p class="problem" role="alert">
          {doing.problem.value}
        </p>
      )}
      <div class="dialog-acts">
        {insists && (
          <button
            type="button"
            onClick={() => {
              persists.value = null
            }}
          >
            {words.lookAgain}
          </button>
        )}
        <button
          type="button"
          class={insists ? 'danger' : 'primary'}
          aria-disabled={held}
          onClick={() => {
            if (!held) void take()
          }}
        >
          {doing.busy.value && <span class="spinner" />} {insists ? words.acts.forced : words.acts[kindOf(next)]}
        </button>
      </div>
    </div>
  )
}

function kindOf({ step }: Pick<PlanStep, 'step'>): 'cause' | 'lift' | 'resolve' {
  return step === 'cause' || step === 'resolve' ? step : 'lift'
}
