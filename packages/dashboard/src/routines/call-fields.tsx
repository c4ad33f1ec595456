import type { getTool } from '@castellan/contracts/api'
import type { Signal } from '@preact/signals'
import { useTry } from '../forms/doing.ts'
import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import { fieldsOf, objectOf } from '../forms/schema.ts'
import { SchemaFields } from '../forms/schema-fields.tsx'
import type { ToolSummary } from '../live/tools.ts'
import { useSigned } from '../page.ts'
import { formWords } from '../strings/forms.ts'
import { routines } from '../strings/routines.ts'
import { Loading } from '../ui/states.tsx'
import { type CallDraft, emptyCall, isFit, type Schemas } from './draft.ts'

const words = routines.form
/** As many as a routine has. */
const MOST_CALLS = 16

export interface CallsFieldsProps {
  readonly calls: readonly CallDraft[]
  readonly tools: readonly ToolSummary[]
  readonly schemas: Signal<Schemas>
  readonly change: (calls: readonly CallDraft[]) => void
}

/** The calls of a routine, in order: each a tool and its arguments. */
export function CallsFields({ calls, tools, schemas, change }: CallsFieldsProps) {
  const options = [
    { value: '', label: words.chooseTool },
    ...tools
      .filter(({ name }) => isFit(name))
      .map(({ name, title }) => ({ value: name, label: words.option(name, title) })),
  ]
  return (
    <>
      {calls.map((call, position) => (
        <CallFields
          key={call.id}
          number={position + 1}
          call={call}
          options={options}
          schemas={schemas}
          change={(part) => change(calls.map((other) => (other.id === call.id ? { ...other, ...part } : other)))}
          {...(calls.length === 1 ? {} : { drop: () => change(calls.filter(({ id }) => id !== call.id)) })}
        />
      ))}
      {calls.length < MOST_CALLS && (
        <button
          type="button"
          class="quiet add-more"
          onClick={() => change([...calls, emptyCall(Math.max(...calls.map(({ id }) => id)) + 1)])}
        >
          {words.addCall}
        </button>
      )}
    </>
  )
}

interface CallFieldsProps {
  readonly number: number
  readonly call: CallDraft
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly schemas: Signal<Schemas>
  readonly change: (part: Partial<CallDraft>) => void
  readonly drop?: () => void
}

function CallFields({ number, call, options, schemas, change, drop }: CallFieldsProps) {
  const { api } = useSigned()
  const attempt = useTry()
  const { tool, byHand, fields, json } = call
  const schema = schemas.value.get(tool)
  const choose = (name: string) => {
    change({ tool: name, fields: {}, json: '', byHand: false })
    if (name === '' || schemas.peek().has(name)) return
    void attempt(async () => {
      try {
        const { inputSchema } = await api.ask<typeof getTool>('GET', '/api/v1/tools/{tool}', { params: { tool: name } })
        schemas.value = new Map([...schemas.peek(), [name, fieldsOf(inputSchema)]])
      } catch (error) {
        // Without its fields it can still be written by hand.
        change({ tool: name, byHand: true })
        throw error
      }
    })
  }
  return (
    <fieldset class="call-fields">
      <legend>{words.call(number)}</legend>
      <SelectField label={words.tool} value={tool} options={options} change={choose} />
      {tool !== '' && !byHand && schema === undefined && <Loading what={formWords.reading} />}
      {tool !== '' && !byHand && schema !== undefined && (
        <SchemaFields fields={schema} draft={fields} change={(written) => change({ fields: written })} />
      )}
      {tool !== '' && byHand && (
        <TextField
          label={formWords.json}
          plain
          lines={4}
          placeholder="{}"
          value={json}
          change={(written) => change({ json: written })}
          problem={objectOf(json) === null ? formWords.noObject : null}
        />
      )}
      <div class="call-end">
        {tool !== '' && (
          <CheckField label={formWords.byHand} checked={byHand} change={(checked) => change({ byHand: checked })} />
        )}
        {drop !== undefined && (
          <button type="button" class="quiet" onClick={drop}>
            {words.dropCall(number)}
          </button>
        )}
      </div>
    </fieldset>
  )
}
