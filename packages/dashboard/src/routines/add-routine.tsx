import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import type { Resource } from '../live/resource.ts'
import type { ToolSummary } from '../live/tools.ts'
import { usePage } from '../page.ts'
import { routines } from '../strings/routines.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'
import { CallsFields } from './call-fields.tsx'
import {
  argumentsFor,
  callsOf,
  draftProblem,
  emptyDraft,
  type RoutineDraft,
  type Schemas,
  scheduleOf,
} from './draft.ts'
import { argsText } from './routine-row.tsx'
import { preview, timezones } from './schedule.ts'
import { ScheduleFields } from './schedule-fields.tsx'

const words = routines.form

export interface AddRoutineProps {
  readonly tools: Resource<readonly ToolSummary[]>
  readonly added: () => void
  readonly close: () => void
}

/** A routine, to be written: when, what, and what one agrees to with it. */
export function AddRoutine({ tools, added, close }: AddRoutineProps) {
  const act = useAct()
  const { clock } = usePage()
  const doing = useDoing()
  const draft = useSignal(emptyDraft(timezones()[0] ?? 'UTC'))
  const schemas = useSignal<Schemas>(new Map())
  const change = (part: Partial<RoutineDraft>) => {
    draft.value = { ...draft.value, ...part }
  }
  const { name, description, calls } = draft.value
  const schedule = scheduleOf(draft.value)
  const written = callsOf(draft.value, schemas.value)
  const coming = schedule === null ? null : preview(schedule, clock.peek(), 1)
  const badTime =
    coming === null || coming.kind === 'unread'
      ? null
      : coming.kind === 'wrong'
        ? words.unready.pattern
        : coming.at.length === 0
          ? words.neverComes
          : null
  const unready = draftProblem(draft.value, schemas.value) ?? badTime
  const send = async () => {
    if (schedule === null || written.kind === 'unready') return
    const args = argumentsFor(draft.value, schedule, written.calls)
    const done = await doing.run(async () => {
      await act('routine_add', args, words.added(name))
    })
    if (!done) return
    added()
    close()
  }
  return (
    <Dialog title={words.title} close={close} kind="drawer wide">
      <p class="note">{words.lead}</p>
      <Form doing={doing} act={words.act} unready={unready} send={() => void send()} cancel={close}>
        <TextField
          label={words.name}
          note={words.nameNote}
          plain
          value={name}
          maxLength={32}
          change={(value) => change({ name: value })}
        />
        <TextField
          label={words.description}
          value={description}
          maxLength={500}
          change={(value) => change({ description: value })}
        />
        <ScheduleFields draft={draft.value} change={change} />
        <Shown resource={tools} what={words.tools}>
          {(all) => (
            <CallsFields calls={calls} tools={all} schemas={schemas} change={(next) => change({ calls: next })} />
          )}
        </Shown>
        <Troubles draft={draft.value} change={change} />
        {written.kind === 'ready' && (
          <section class="agree" aria-label={words.agree}>
            <h3>{words.agree}</h3>
            <p class="note">{words.agreeing}</p>
            <ol>
              {written.calls.map(({ tool, args }, position) => (
                <li key={position}>
                  <code>{words.agreeCall(tool, argsText(args))}</code>
                </li>
              ))}
            </ol>
            <p class="note">{words.agreeUndo}</p>
          </section>
        )}
      </Form>
    </Dialog>
  )
}

interface TroublesProps {
  readonly draft: RoutineDraft
  readonly change: (part: Partial<RoutineDraft>) => void
}

/** What most routines leave as it is. */
function Troubles({ draft: { catchUp, onFailure, jitter }, change }: TroublesProps) {
  const options = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([value, label]) => ({ value, label }))
  return (
    <details class="more">
      <summary>{words.more}</summary>
      <SelectField
        label={words.catchUp}
        value={catchUp}
        options={options(words.catchUps)}
        change={(value) => change({ catchUp: value as RoutineDraft['catchUp'] })}
      />
      <SelectField
        label={words.onFailure}
        value={onFailure}
        options={options(words.onFailures)}
        change={(value) => change({ onFailure: value as RoutineDraft['onFailure'] })}
      />
      <TextField label={words.jitter} plain value={jitter} change={(value) => change({ jitter: value })} />
    </details>
  )
}
