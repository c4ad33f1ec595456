import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { watchers } from '../strings/watchers.ts'
import { Dialog } from '../ui/dialog.tsx'
import { LadderFields } from './ladder-fields.tsx'
import { type CheckKind, emptyWatcher, type WatcherDraft, watcherArguments, watcherProblem } from './watcher-draft.ts'

const words = watchers.form

export interface AddWatcherProps {
  readonly added: () => void
  readonly close: () => void
}

/** A watcher, to be written: what to look at, and what to do about it. */
export function AddWatcher({ added, close }: AddWatcherProps) {
  const act = useAct()
  const doing = useDoing()
  const draft = useSignal(emptyWatcher())
  const change = (part: Partial<WatcherDraft>) => {
    draft.value = { ...draft.value, ...part }
  }
  const { name, description, kind, ladder } = draft.value
  const send = async () => {
    const done = await doing.run(async () => {
      await act('watcher_add', watcherArguments(draft.value), words.added(name))
    })
    if (!done) return
    added()
    close()
  }
  return (
    <Dialog title={words.title} close={close} kind="drawer wide">
      <p class="note">{words.lead}</p>
      <Form doing={doing} act={words.act} unready={watcherProblem(draft.value)} send={() => void send()} cancel={close}>
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
        <SelectField
          label={words.kind}
          value={kind}
          options={Object.entries(words.kinds).map(([value, label]) => ({ value, label }))}
          change={(value) => change({ kind: value as CheckKind })}
        />
        <CheckFields draft={draft.value} change={change} />
        <Often draft={draft.value} change={change} />
        <LadderFields ladder={ladder} change={(next) => change({ ladder: next })} />
        <section class="agree" aria-label={words.agree}>
          <h3>{words.agree}</h3>
          <p class="note">{words.agreeing}</p>
          <ol>
            {ladder.map(({ id, act: step, unit }) => (
              <li key={id}>{step === 'restart' ? words.stepWords.restart(unit) : words.stepWords[step]}</li>
            ))}
          </ol>
          <p class="note">{words.agreeUndo}</p>
        </section>
      </Form>
    </Dialog>
  )
}

interface PartProps {
  readonly draft: WatcherDraft
  readonly change: (part: Partial<WatcherDraft>) => void
}

type TextKey = Exclude<keyof WatcherDraft, 'kind' | 'ladder'>

function CheckFields({ draft, change }: PartProps) {
  const text = (key: TextKey, label: string, note?: string) => (
    <TextField
      label={label}
      plain
      value={draft[key]}
      change={(value) => change({ [key]: value })}
      {...(note === undefined ? {} : { note })}
    />
  )
  switch (draft.kind) {
    case 'unit':
      return text('unit', words.unit, words.unitNote)
    case 'tcp':
      return (
        <div class="field-row">
          {text('host', words.host)}
          {text('port', words.port)}
        </div>
      )
    case 'http':
      return (
        <>
          {text('url', words.url, words.urlNote)}
          {text('status', words.status, words.statusNote)}
        </>
      )
    case 'disk':
      return (
        <div class="field-row">
          {text('path', words.path)}
          {text('percent', words.percent)}
        </div>
      )
    case 'memory':
      return text('percent', words.percent)
    case 'load':
      return text('perCpu', words.perCpu)
  }
}

function Often({ draft, change }: PartProps) {
  const number = (key: 'every' | 'failures' | 'grace', label: string) => (
    <TextField label={label} plain value={draft[key]} change={(value) => change({ [key]: value })} />
  )
  return (
    <fieldset>
      <legend>{words.often}</legend>
      <div class="field-row">
        {number('every', words.every)}
        {number('failures', words.failures)}
        {number('grace', words.grace)}
      </div>
    </fieldset>
  )
}
