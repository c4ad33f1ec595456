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
      {of.kind === 'generation' && <GenerationDetail generation={of.generation} before={of.before} />}
      {of.kind === 'switch' && <SwitchDetail switched={of.switched} />}
    </Panel>
  )
}

interface GenerationDetailProps {
  readonly generation: Generation
  /** The generation before it, where there still is one. */
  readonly before: number | null
}

function GenerationDetail({ generation, before }: GenerationDetailProps) {
  const { number, current, path } = generation
  return (
    <>
      <p>
        <code>{path}</code> {current && <span class="pill good">{words.current}</span>}
      </p>
      {!current && <WayBack number={number} />}
      {before !== null && <Difference title={words.diff} from={before} to={number} />}
    </>
  )
}

/** As `generation_diff` answers; the rest of it is drawn as it is. */
interface Found {
  readonly words: readonly string[]
}

function Difference(props: { readonly title: string; readonly from: number; readonly to: number }) {
  const { title, from, to } = props
  const { api } = useSigned()
  const diff = useResource((signal) => readByTool<unknown>(api, 'generation_diff', { from, to }, signal), [from, to])
  return (
    <>
      <h3>{title}</h3>
      <Shown resource={diff} what={words.diffWhat}>
        {(found) => <Result name={title} result={found} />}
      </Shown>
    </>
  )
}

/** What going there from the system that runs would change, and the way. */
function WayBack({ number }: { readonly number: number }) {
  const { api } = useSigned()
  const preview = useResource((signal) => readByTool<Found>(api, 'generation_diff', { to: number }, signal), [number])
  return (
    <Shown resource={preview} what={words.diffWhat}>
      {(found) => (
        <>
          <RollBack number={number} changes={found.words} />
          <h3>{words.preview}</h3>
          <Result name={words.preview} result={found} />
        </>
      )}
    </Shown>
  )
}

/** Says what would change, then switches under guard. */
function RollBack({ number, changes }: { readonly number: number; readonly changes: readonly string[] }) {
  const { acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const goBack = async () => {
    const question = {
      title: words.rollBackTitle(number),
      effects: [...changes, ...words.rollBackEffects],
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
      {({ reason, findings, steps, from, to }) => (
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
          {from.generation !== null && to.generation !== null && from.generation !== to.generation && (
            <Difference title={words.diff} from={from.generation} to={to.generation} />
          )}
        </>
      )}
    </Shown>
  )
}
