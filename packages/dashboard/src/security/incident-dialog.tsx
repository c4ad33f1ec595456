import { useSignal } from '@preact/signals'
import { outcomeOf } from '../acts/acts.ts'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { security as words } from '../strings/security.ts'
import { Dialog } from '../ui/dialog.tsx'
import { When } from '../ui/when.tsx'
import { type IncidentView, STATE_TONES } from './incidents-panel.tsx'
import { Recovery } from './recovery.tsx'

export interface IncidentDialogProps {
  readonly incident: IncidentView
  readonly changed: () => void
  readonly close: () => void
}

/** One incident: what happened, what holds it, what tells of it, and what can be said about it. */
export function IncidentDialog({ incident, changed, close }: IncidentDialogProps) {
  const { id, class: kind, subject, summary, state, count, evidence, containment } = incident
  /** Then it ends by its way back, each step of which is checked. */
  const wasHeld = (containment ?? []).some((held) => held.state !== 'failed')
  return (
    <Dialog title={words.classes[kind]} close={close} kind="drawer wide">
      <p class="thing-name">
        <code>{subject}</code>{' '}
        <span class={`pill ${STATE_TONES[state ?? 'open']}`}>{words.incidents.states[state ?? 'open']}</span>
        <span class="thing-about">{words.incidents.seen(count)}</span>
      </p>
      <p class="incident-summary">{summary}</p>
      <h3>{words.incidents.timeline}</h3>
      <Story incident={incident} />
      <h3>{words.incidents.containment}</h3>
      {containment === undefined || containment.length === 0 ? (
        <p class="note">{words.incidents.noContainment}</p>
      ) : (
        <ul class="checks">
          {containment.map(({ action, state: held, verified }) => (
            <li key={action}>
              <p class="thing-name">
                {words.incidents.actions[action]}{' '}
                <span class={`pill ${HELD_TONES[held]}`}>{words.incidents.containmentStates[held]}</span>
              </p>
              <p class="thing-about">{verified}</p>
            </li>
          ))}
        </ul>
      )}
      {wasHeld && state !== 'resolved' && <Recovery id={id} changed={changed} />}
      {evidence !== undefined && evidence.length > 0 && (
        <>
          <h3>{words.incidents.evidence}</h3>
          <p class="evidence">
            {evidence.map((index) => (
              <a key={index} href={addressOf('ledger', { path: [String(index)] })}>
                {words.incidents.entry(index)}
              </a>
            ))}
          </p>
        </>
      )}
      {state !== 'resolved' && <Words id={id} canResolve={!wasHeld} changed={changed} />}
    </Dialog>
  )
}

const HELD_TONES = { applying: 'warn', in_force: 'good', failed: 'bad', lifting: 'warn', lifted: '' } as const

function Story({ incident: { firstAt, lastAt, steps } }: { readonly incident: IncidentView }) {
  const moments = [
    { at: firstAt, text: words.incidents.first, by: '' },
    ...(lastAt === firstAt ? [] : [{ at: lastAt, text: words.incidents.last, by: '' }]),
    ...(steps ?? []).map(({ at, note, by }) => ({ at, text: note, by })),
  ].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return (
    <ol class="story">
      {moments.map(({ at, text, by }, position) => (
        <li key={position}>
          <span class="thing-about">
            <When at={at} /> {by !== '' && words.incidents.by(by)}
          </span>
          <span class="story-text">{text}</span>
        </li>
      ))}
    </ol>
  )
}

/** A note, and the end of it. Both are acts: policy decides, and the ledger has them. */
function Words(props: { readonly id: string; readonly canResolve: boolean; readonly changed: () => void }) {
  const { id, canResolve, changed } = props
  const { acts } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const text = useSignal('')
  const say = async (tool: string, args: Record<string, unknown>, said: string) => {
    const done = await doing.run(async () => {
      const { ok, text: why } = outcomeOf(await acts.call(tool, args))
      if (!ok) throw new Error(why)
    })
    if (!done) return
    text.value = ''
    toasts.good(said)
    changed()
  }
  const empty = text.value.trim() === ''
  return (
    <div class="form incident-words">
      <TextField
        label={canResolve ? words.incidents.resolution : words.incidents.note}
        lines={3}
        value={text.value}
        maxLength={2000}
        change={(value) => {
          text.value = value
        }}
        problem={doing.problem.value}
      />
      <div class="dialog-acts">
        <button
          type="button"
          aria-disabled={empty || doing.busy.value}
          onClick={() => {
            if (!empty) void say('incident_step', { id, note: text.value.trim() }, words.incidents.noted)
          }}
        >
          {words.incidents.addNote}
        </button>
        {canResolve && (
          <button
            type="button"
            class="primary"
            aria-disabled={empty || doing.busy.value}
            onClick={() => {
              if (!empty) void say('incident_resolve', { id, resolution: text.value.trim() }, words.incidents.resolved)
            }}
          >
            {words.incidents.resolve}
          </button>
        )}
      </div>
    </div>
  )
}
