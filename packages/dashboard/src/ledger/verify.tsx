import type { checkLedger } from '@castellan/contracts/api'
import { useEffect, useMemo } from 'preact/hooks'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { ledger as words } from '../strings/ledger.ts'
import { Check, Cross, Dash } from '../theme/icons.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { sentenceOf } from '../ui/states.tsx'
import { Verification, type VerificationState } from './verification.ts'

type StepState = keyof typeof words.stepState

interface Step {
  readonly name: string
  readonly at: StepState
  /** Whole sentences: what was found. */
  readonly said: readonly string[]
}

/** Verifies the ledger before the reader's eyes: what the gateway can check itself, then all of it by agentd, which tells how far it is. */
export function VerifyDialog({ close }: { readonly close: () => void }) {
  const { api } = useSigned()
  const head = useResource((signal) => api.ask<typeof checkLedger>('GET', '/api/v1/ledger/check', { signal }))
  const verification = useMemo(() => new Verification(api), [api])
  useEffect(() => {
    void verification.start()
    return () => verification.stop()
  }, [verification])
  const first = head.state.value
  const all = verification.state.value
  const steps: readonly Step[] = [
    {
      name: words.checking,
      at: first.kind === 'loading' ? 'running' : first.kind === 'ready' && first.value.ok ? 'ok' : 'bad',
      said:
        first.kind === 'ready'
          ? first.value.checks.map(({ message }) => message)
          : first.kind === 'failed'
            ? [sentenceOf(first.error)]
            : [],
    },
    { name: words.reading, ...judged(all) },
  ]
  return (
    <Dialog title={words.verifyTitle} close={close}>
      <p class="note">{words.verifyLead}</p>
      <ol class="steps" aria-live="polite">
        {steps.map((step) => (
          <StepLine key={step.name} {...step} />
        ))}
      </ol>
      {(all.kind === 'running' || all.kind === 'stopped') && <Progress state={all} />}
      {steps.some(({ at }) => at === 'bad') && <p class="problem">{words.notWell}</p>}
      <p class="note">{words.offline}</p>
      <div class="dialog-acts">
        {all.kind === 'running' ? (
          <button type="button" onClick={() => verification.stop()}>
            {words.stopVerify}
          </button>
        ) : (
          <button type="button" onClick={() => void verification.start()}>
            {words.verifyAgain}
          </button>
        )}
      </div>
    </Dialog>
  )
}

function judged(state: VerificationState): Pick<Step, 'at' | 'said'> {
  if (state.kind === 'running') return { at: 'running', said: [] }
  if (state.kind === 'stopped') return { at: 'stopped', said: [words.notJudged] }
  if (state.kind === 'failed')
    return { at: 'bad', said: [state.error === null ? words.brokeOff : sentenceOf(state.error)] }
  const { ok, entries, duration_ms, problem } = state.verdict
  const why = problem?.message ?? words.noCheckpoint
  return ok ? { at: 'ok', said: [words.allWell(entries, duration_ms)] } : { at: 'bad', said: [why] }
}

/** Drawn for the eye several times a second; a screen reader asks for it when it wants it. */
function Progress({ state }: { readonly state: Extract<VerificationState, { kind: 'running' | 'stopped' }> }) {
  const { checked, of } = state
  return (
    <div class="verify-progress">
      <progress aria-label={words.progress} max={Math.max(1, of)} value={checked} />
      <p class="note">
        {words.checked(checked, of)}
        {state.kind === 'running' && state.perSecond !== null && ` · ${words.rate(state.perSecond)}`}
      </p>
    </div>
  )
}

function StepLine({ name, at, said }: Step) {
  return (
    <li class={`step ${at}`}>
      <span class="mark">
        {at === 'running' && <span class="spinner" />}
        {at === 'ok' && <Check />}
        {at === 'bad' && <Cross />}
        {at === 'stopped' && <Dash />}
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
