import { label } from '../cards/label.ts'
import { formWords as words } from '../strings/forms.ts'
import { SelectField, TextField } from './fields.tsx'
import { type SchemaDraft, type SchemaField, writtenFor } from './schema.ts'

export interface SchemaFieldsProps {
  readonly fields: readonly SchemaField[]
  readonly draft: SchemaDraft
  readonly change: (draft: SchemaDraft) => void
}

/** Fields for the arguments of a tool, made of its schema, in the tool's own words. */
export function SchemaFields({ fields, draft, change }: SchemaFieldsProps) {
  if (fields.length === 0) return <p class="note">{words.none}</p>
  return (
    <>
      {fields.map((field) => (
        <Argument
          key={field.name}
          field={field}
          value={writtenFor(draft, field.name)}
          change={(value) => change({ ...draft, [field.name]: value })}
        />
      ))}
    </>
  )
}

interface ArgumentProps {
  readonly field: SchemaField
  readonly value: string
  readonly change: (value: string) => void
}

function Argument({ field: { name, kind, required, about, choices, standard, long }, value, change }: ArgumentProps) {
  const note = [
    about,
    ...(kind === 'lines' ? [words.onePerLine] : []),
    ...(kind === 'json' ? [words.asJson] : []),
    ...(standard === null || standard === '' || /default/i.test(about) ? [] : [words.standard(standard)]),
  ].join(' ')
  if (kind === 'choice' || kind === 'yes-no') {
    const options =
      kind === 'choice'
        ? choices.map((choice) => ({ value: choice, label: choice }))
        : [
            { value: 'true', label: words.yes },
            { value: 'false', label: words.no },
          ]
    return (
      <SelectField
        label={label(name)}
        note={note}
        value={value}
        options={[...(required && value !== '' ? [] : [{ value: '', label: words.leave(standard) }]), ...options]}
        change={change}
      />
    )
  }
  const lines = kind === 'lines' || kind === 'json' || long ? 3 : 1
  return (
    <TextField label={label(name)} note={note} plain lines={lines} value={value} change={change} required={required} />
  )
}
