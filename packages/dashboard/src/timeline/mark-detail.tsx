import type { getSwitch } from '@castellan/contracts/api'
import { outcomeOf } from '../acts/acts.ts'
import { Result } from '../cards/result.tsx'
import { readByTool } from '../live/reading.ts'
import { toError, useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { timeline as words } from '../strings/timeline.ts'
import { Undo } from '../theme/icons.tsx'
import { Panel } from '../ui/page-frame.tsx'
import { Shown, sentenceOf } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import type { Generation, Mark, Switched } from './events.ts'

/** Several marks that lie together on the axis, newest first. */
export function MarkList(props: { readonly marks: readonly Mark[]; readonly pick: (mark: Mark) => void }) {
  return (
    <Panel title={words.several(props.marks.length)} class="mark-detail">
      <ul class="entry-list">
        {props.marks.toReversed().map((mark) => (
          <li key={mark.id} class={`entry-line ${mark.tone}`}>
            <span class={`dot ${mark.tone}`} aria-hidden="true" />
            <button type="button" class="link" onClick={() => props.pick(mark)}>
              {mark.title}
            </button>
            <span class="entry-who">
              <When at={mark.at} />
            </span>
            <span class="entry-summary">{mark.summary}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** What one mark on the axis was, and the way back from it. */
export function MarkDetail({ mark }: { readonly mark: Mark }) {
  const { of } = mark
  return (
    <Panel title={mark.title} class="mark-detail">
      <p class="note">
        <When at={mark.at} />
      </p>
      {mark.summary !== null && <p>{mark.summary}</p>}
      {of.kind === 'entry' && (
        <p>
          <a href={addressOf('ledger', { path: [String(of.record.entry.index)] })}>{words.inLedger}</a>
        </p>
      )}
      {of.kind === 'generation' && <GenerationDetail generation={of.generation} />}
      {of.kind === 'switch' && <SwitchDetail switched={of.switched} />}
    </Panel>
  )
}

function GenerationDetail({ generation }: { readonly generation: Generation }) {
  const { api } = useSigned()
  const { number, current, path } = generation
  const diff = useResource(
    (signal) => readByTool<unknown>(api, 'generation_diff', { from: number - 1, to: number }, signal),
    [number],
  )
  return (
    <>
      <p>
        <code>{path}</code> {current && <span class="pill good">{words.current}</span>}
      </p>
      {!current && <RollBack number={number} />}
      <h3>{words.diff}</h3>
      <Shown resource={diff} what={words.diffWhat}>
        {(found) => <Result name={words.diff} result={found} />}
      </Shown>
    </>
  )
}

/** Says what would change against the system that runs, then switches under guard. */
function RollBack({ number }: { readonly number: number }) {
  const { acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const goBack = async () => {
    const question = {
      title: words.rollBackTitle(number),
      effects: words.rollBackEffects,
      undo: words.rollBackUndo,
      act: words.rollBackAct,
      danger: true,
    }
    if (!(await confirmations.ask(question))) return
    try {
      const { ok, text } = outcomeOf(await acts.call('generation_switch', { number }))
      if (ok) toasts.good(text)
      else toasts.bad(text)
    } catch (error) {
      toasts.bad(sentenceOf(toError(error)))
    }
  }
  return (
    <button type="button" onClick={() => void goBack()}>
      <Undo /> {words.rollBack}
    </button>
  )
}

function SwitchDetail({ switched }: { readonly switched: Switched }) {
  const { api } = useSigned()
  const detail = useResource(
    (signal) =>
      api.ask<typeof getSwitch>('GET', '/api/v1/switches/{switch_id}', { params: { switch_id: switched.id }, signal }),
    [switched.id],
  )
  return (
    <Shown resource={detail} what={words.detail}>
      {({ reason, findings, steps }) => (
        <>
          {reason !== '' && <p>{reason}</p>}
          {findings.length > 0 && (
            <ul class="effects">
              {findings.map(({ check, message }) => (
                <li key={check}>{message}</li>
              ))}
            </ul>
          )}
          <h3>{words.steps}</h3>
          <ol class="switch-steps">
            {steps.map(({ phase, at, note }) => (
              <li key={`${phase} ${at}`}>
                <strong>{phase.replaceAll('_', ' ')}</strong> <When at={at} /> <span class="note">{note}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Shown>
  )
}
