import type { getLedgerEntry, previewUndo } from '@castellan/contracts/api'
import type { ComponentChildren } from 'preact'
import { outcomeOf } from '../acts/acts.ts'
import { duration } from '../cards/units.ts'
import { type Entry, type EntryRecord, summaryOf, whoOf } from '../entries/entry.ts'
import { titleOf } from '../entries/title.ts'
import { toError, useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { ledger as words } from '../strings/ledger.ts'
import { Download, Undo } from '../theme/icons.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Failed, Shown, sentenceOf } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'

/** One entry in full, with what can be done about it. */
export function EntryDetail({ index, close }: { readonly index: number; readonly close: () => void }) {
  const { api } = useSigned()
  const record = useResource(
    (signal) =>
      api.ask<typeof getLedgerEntry>('GET', '/api/v1/ledger/entries/{index}', {
        params: { index: String(index) },
        signal,
      }),
    [index],
  )
  return (
    <Dialog title={words.entry(index)} kind="drawer" close={close}>
      <Shown resource={record} what={words.entryWhat}>
        {(found) => <Detail record={found} />}
      </Shown>
    </Dialog>
  )
}

function Detail({ record }: { readonly record: EntryRecord }) {
  const { entry, payload_state } = record
  const { fields } = words
  return (
    <div class="entry-detail">
      <p class="entry-title">{titleOf(entry)}</p>
      {summaryOf(record) !== null && <p>{summaryOf(record)}</p>}
      <Acts entry={entry} />
      <dl class="entry-fields">
        <Field name={fields.time}>
          <When at={entry.time} />
        </Field>
        <Field name={fields.type}>{entry.type}</Field>
        <Field name={fields.actor}>
          {whoOf(entry)} ({entry.actor.kind})
        </Field>
        {entry.tool !== undefined && <Field name={fields.tool}>{entry.tool}</Field>}
        {entry.effect !== undefined && <Field name={fields.effect}>{entry.effect}</Field>}
        {entry.code !== undefined && <Field name={fields.code}>{entry.code}</Field>}
        {entry.duration_ms !== undefined && <Field name={fields.duration_ms}>{duration(entry.duration_ms)}</Field>}
        {entry.intent !== undefined && (
          <Field name={fields.intent}>
            <EntryLink index={entry.intent} />
          </Field>
        )}
        {entry.target !== undefined && (
          <Field name={fields.target}>
            <EntryLink index={entry.target} />
          </Field>
        )}
        {entry.session !== undefined && <Field name={fields.session}>{entry.session}</Field>}
        {entry.call_id !== undefined && <Field name={fields.call_id}>{entry.call_id}</Field>}
        {entry.approval_id !== undefined && <Field name={fields.approval_id}>{entry.approval_id}</Field>}
        <Field name={fields.prev}>
          <code>{entry.prev}</code>
        </Field>
      </dl>
      <Pairs title={words.facts} pairs={entry.facts} />
      <Pairs title={words.commitments} lead={words.commitmentsLead} pairs={entry.commitments} />
      <p class="note">{words.payload[payload_state]}</p>
    </div>
  )
}

function EntryLink({ index }: { readonly index: number }) {
  return <a href={addressOf('ledger', { path: [String(index)] })}>{words.entry(index)}</a>
}

function Field({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Pairs(props: {
  readonly title: string
  readonly lead?: string
  readonly pairs: Readonly<Record<string, unknown>> | undefined
}) {
  const { title, lead, pairs = {} } = props
  const all = Object.entries(pairs)
  if (all.length === 0) return null
  return (
    <section aria-label={title}>
      <p class="part-name">{title}</p>
      {lead !== undefined && <p class="note">{lead}</p>}
      <dl class="entry-fields">
        {all.map(([name, value]) => (
          <Field key={name} name={name}>
            <code>{String(value)}</code>
          </Field>
        ))}
      </dl>
    </section>
  )
}

function Acts({ entry }: { readonly entry: Entry }) {
  const undoable = entry.type === 'outcome' && entry.ok !== false && entry.effect !== 'read'
  return (
    <div class="entry-acts">
      <a
        class="button"
        href={`/api/v1/ledger/entries/${entry.index}/proof`}
        download={`entry-${entry.index}.tlog-proof`}
      >
        <Download /> {words.proof}
      </a>
      {entry.call_id !== undefined && (
        <a class="button" href={addressOf('ledger', { query: { call_id: entry.call_id } })}>
          {words.sameCall}
        </a>
      )}
      {undoable && <UndoButton entry={entry} />}
    </div>
  )
}

/** Undo with what it would do said first. */
function UndoButton({ entry }: { readonly entry: Entry }) {
  const { api, acts } = useSigned()
  const { confirmations, toasts } = usePage()
  const preview = useResource(
    (signal) => {
      const params = { index: String(entry.index) }
      return api.ask<typeof previewUndo>('GET', '/api/v1/undo/{index}', { params, signal })
    },
    [entry.index],
  )
  const state = preview.state.value
  if (state.kind === 'loading') return null
  if (state.kind === 'failed') return <Failed error={state.error} />
  const { possible, obstacle, effects, undo, tool } = state.value
  if (!possible) return <p class="note">{words.notUndoable(obstacle?.message ?? undo)}</p>
  const ask = async () => {
    const question = { title: words.undoTitle(tool), effects, undo, act: words.undoAct }
    if (!(await confirmations.ask(question))) return
    try {
      const { ok, text } = outcomeOf(await acts.undo(entry.index))
      if (ok) toasts.good(text)
      else toasts.bad(text)
      void preview.reload()
    } catch (error) {
      toasts.bad(sentenceOf(toError(error)))
    }
  }
  return (
    <button type="button" onClick={() => void ask()}>
      <Undo /> {words.undo}
    </button>
  )
}
