import type { checkLedger } from '@castellan/contracts/api'
import { readByTool } from '../live/reading.ts'
import { type Loaded, useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { ledger as words } from '../strings/ledger.ts'
import { Check, Cross } from '../theme/icons.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { sentenceOf } from '../ui/states.tsx'

interface Verdict {
  readonly ok: boolean
  readonly entries: number
  readonly problem: { readonly message: string } | null
}

interface Step {
  readonly name: string
  readonly state: Loaded<{ readonly ok: boolean; readonly words: readonly string[] }>
}

/** Verifies the ledger before the reader's eyes: what the gateway can check itself, then all of it by agentd. */
export function VerifyDialog({ close }: { readonly close: () => void }) {
  const { api } = useSigned()
  const check = useResource(async (signal) => {
    const { ok, checks } = await api.ask<typeof checkLedger>('GET', '/api/v1/ledger/check', { signal })
    return { ok, words: checks.map(({ message }) => message) }
  })
  const full = useResource(async (signal) => {
    const { ok, entries, problem } = await readByTool<Verdict>(api, 'ledger_verify', {}, signal)
    return { ok, words: [problem === null ? words.allWell(entries) : problem.message] }
  })
  const steps: readonly Step[] = [
    { name: words.checking, state: check.state.value },
    { name: words.reading, state: full.state.value },
  ]
  const bad = steps.some(({ state }) => state.kind === 'failed' || (state.kind === 'ready' && !state.value.ok))
  return (
    <Dialog title={words.verifyTitle} close={close}>
      <p class="note">{words.verifyLead}</p>
      <ol class="steps" aria-live="polite">
        {steps.map((step) => (
          <StepLine key={step.name} {...step} />
        ))}
      </ol>
      {bad && <p class="problem">{words.notWell}</p>}
      <p class="note">{words.offline}</p>
    </Dialog>
  )
}

function StepLine({ name, state }: Step) {
  const at = state.kind === 'loading' ? 'running' : state.kind === 'ready' && state.value.ok ? 'ok' : 'bad'
  const said = state.kind === 'ready' ? state.value.words : state.kind === 'failed' ? [sentenceOf(state.error)] : []
  return (
    <li class={`step ${at}`}>
      <span class="mark">
        {at === 'running' && <span class="spinner" />}
        {at === 'ok' && <Check />}
        {at === 'bad' && <Cross />}
      </span>
      <span>
        <strong>{name}</strong> <span class="note">{words.stepState[at]}</span>
        {said.map((sentence) => (
          <span key={sentence} class="step-said">
            {sentence}
          </span>
        ))}
      </span>
    </li>
  )
}
