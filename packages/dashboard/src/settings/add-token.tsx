import type { createToken, listAgents, TokenScope } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import type { InputOf } from '../api/api.ts'
import { useDoing } from '../forms/doing.ts'
import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { tokens as words } from '../strings/tokens.ts'
import { Dialog } from '../ui/dialog.tsx'
import type { MadeSecret } from './tokens-section.tsx'

type Scope = keyof typeof words.ladder

const ANY = '-'

export interface AddTokenProps {
  readonly made: (secret: MadeSecret) => void
  readonly close: () => void
}

/** Makes a token. What it may do is said in words beside the choice. */
export function AddToken({ made, close }: AddTokenProps) {
  const { api } = useSigned()
  const doing = useDoing()
  const name = useSignal('')
  const scope = useSignal<Scope>('read')
  const approves = useSignal(false)
  const agent = useSignal(ANY)
  const days = useSignal('90')
  const agents = useResource((signal) => api.ask<typeof listAgents>('GET', '/api/v1/agents', { signal }))
  const known = agents.state.value.kind === 'ready' ? agents.state.value.value.items.map(({ name }) => name) : []
  const lasts = Number(days.value)
  const carries = scope.value === 'operate' || scope.value === 'admin'
  const send = async () => {
    let token = ''
    const done = await doing.run(async () => {
      const scopes: InputOf<typeof TokenScope>[] =
        carries && !approves.value ? [scope.value, 'approve-never'] : [scope.value]
      const bound = agent.value === ANY ? {} : { agent: agent.value as never }
      const body = { name: name.value.trim(), scopes, expires_in_days: lasts, ...bound }
      token = (await api.ask<typeof createToken>('POST', '/api/v1/tokens', { body })).token
    })
    if (!done) return
    close()
    made({ name: name.value.trim(), token })
  }
  return (
    <Dialog title={words.addTitle} close={close}>
      <Form
        doing={doing}
        act={words.addAct}
        unready={unready(name.value, lasts)}
        send={() => void send()}
        cancel={close}
      >
        <TextField
          label={words.name}
          placeholder={words.namePlaceholder}
          value={name.value}
          maxLength={80}
          change={(value) => {
            name.value = value
          }}
        />
        <SelectField
          label={words.scope}
          value={scope.value}
          note={words.scopes[scope.value]}
          options={Object.entries(words.ladder).map(([value, label]) => ({ value, label }))}
          change={(value) => {
            scope.value = value as Scope
          }}
        />
        {carries && (
          <CheckField
            label={words.approves}
            checked={approves.value}
            change={(checked) => {
              approves.value = checked
            }}
          />
        )}
        <div class="field-row">
          <SelectField
            label={words.agent}
            value={agent.value}
            options={[{ value: ANY, label: words.agentAny }, ...known.map((value) => ({ value, label: value }))]}
            change={(value) => {
              agent.value = value
            }}
          />
          <TextField
            label={words.days}
            plain
            value={days.value}
            note={words.daysNote}
            maxLength={4}
            change={(value) => {
              days.value = value
            }}
          />
        </div>
      </Form>
    </Dialog>
  )
}

/** What is still missing, as one sentence. */
function unready(name: string, days: number): string | null {
  if (name.trim() === '') return words.nameFirst
  return Number.isInteger(days) && days >= 1 && days <= 3650 ? null : words.daysFirst
}
