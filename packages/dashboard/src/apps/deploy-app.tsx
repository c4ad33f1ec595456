import { useSignal } from '@preact/signals'
import { useAct } from '../acts/use-act.ts'
import { bytes } from '../cards/units.ts'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { apps } from '../strings/apps.ts'
import { Dialog } from '../ui/dialog.tsx'
import { argvOf, type DeployDraft, deployArguments, deployProblem, emptyApp, memoryBytesOf } from './deploy-draft.ts'
import { type AppView, commandText } from './views.ts'

const words = apps.form

export interface DeployAppProps {
  /** Those that are there, of which one may be replaced. */
  readonly present: readonly AppView[]
  readonly deployed: () => void
  readonly close: () => void
}

/** An app, to be written: what runs, what it sees, and what it may use. */
export function DeployApp({ present, deployed, close }: DeployAppProps) {
  const act = useAct()
  const doing = useDoing()
  const draft = useSignal(emptyApp())
  const unready = deployProblem(draft.value)
  const change = (part: Partial<DeployDraft>) => {
    draft.value = { ...draft.value, ...part }
  }
  const text = (key: Exclude<keyof DeployDraft, 'network'>, label: string, note?: string, lines = 1) => (
    <TextField
      label={label}
      plain={key !== 'description'}
      lines={lines}
      value={draft.value[key]}
      change={(value) => change({ [key]: value })}
      {...(note === undefined ? {} : { note })}
    />
  )
  const send = async () => {
    const { name } = draft.value
    const done = await doing.run(async () => {
      await act('app_deploy', deployArguments(draft.value), words.done(name))
    })
    if (!done) return
    deployed()
    close()
  }
  return (
    <Dialog title={words.title} close={close} kind="drawer wide">
      <p class="note">{words.lead}</p>
      <Form doing={doing} act={words.act} unready={unready} send={() => void send()} cancel={close}>
        {text('name', words.name, words.nameNote)}
        {text('description', words.description)}
        {text('argv', words.argv, words.argvNote, 4)}
        {text('source', words.source, words.sourceNote)}
        <SelectField
          label={words.network}
          value={draft.value.network}
          options={Object.entries(apps.networks).map(([value, label]) => ({ value, label }))}
          change={(value) => change({ network: value as DeployDraft['network'] })}
        />
        <fieldset>
          <legend>{words.limits}</legend>
          <div class="field-row">
            {text('memory', words.memory)}
            {text('cpu', words.cpu)}
            {text('tasks', words.tasks)}
          </div>
        </fieldset>
        {text('environment', words.environment, words.environmentNote, 3)}
        {unready === null && (
          <Effects draft={draft.value} replaces={present.some(({ name }) => name === draft.value.name)} />
        )}
      </Form>
    </Dialog>
  )
}

function Effects({ draft, replaces }: { readonly draft: DeployDraft; readonly replaces: boolean }) {
  const { name, network, memory, cpu, tasks } = draft
  return (
    <section class="agree" aria-label={words.will}>
      <h3>{words.will}</h3>
      <ul class="effects">
        <li>{words.runs(name, commandText(argvOf(draft)))}</li>
        <li>{words.reach[network]}</li>
        <li>{apps.use.limits(bytes(memoryBytesOf(memory)), apps.use.percent(Number(cpu)), tasks.trim())}</li>
        {replaces && <li>{words.replaces(name)}</li>}
      </ul>
      <p class="note">{words.undo}</p>
    </section>
  )
}
