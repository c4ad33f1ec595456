import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  /** What to write there, and what is wrong with what is written. */
  readonly note?: ComponentChildren
  readonly problem?: string | null
}

export interface TextFieldProps extends FieldProps {
  readonly value: string
  readonly change: (value: string) => void
  readonly type?: 'text' | 'password'
  readonly placeholder?: string
  readonly lines?: number
  /** Codes, names and addresses: no browser should mend their spelling. */
  readonly plain?: boolean
  readonly required?: boolean
  readonly maxLength?: number
}

/** A line, or several, that somebody writes. What is wrong with it is said beside it and to screen readers. */
export function TextField(props: TextFieldProps) {
  const id = useId()
  const { label, note, problem = null, value, change, type = 'text', lines = 1, plain = false } = props
  const input = {
    value,
    placeholder: props.placeholder,
    maxLength: props.maxLength,
    required: props.required,
    autocomplete: type === 'password' ? ('new-password' as const) : ('off' as const),
    spellcheck: !plain,
    'aria-invalid': problem !== null,
    'aria-describedby': note === undefined && problem === null ? undefined : `${id}-note`,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) => change(currentTarget.value),
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines > 1 && <textarea id={id} rows={lines} {...input} />}
      {lines === 1 && type === 'text' && <input id={id} type="text" {...input} />}
      {lines === 1 && type === 'password' && <input id={id} type="password" {...input} />}
      <FieldNote id={`${id}-note`} note={note} problem={problem} />
    </div>
  )
}

export interface Option {
  readonly value: string
  readonly label: string
  /** Why it cannot be chosen. */
  readonly unfit?: string | null
}

export interface SelectFieldProps extends FieldProps {
  readonly value: string
  readonly options: readonly Option[]
  readonly change: (value: string) => void
}

/** One of several. What cannot be chosen stays in the list and says why. */
export function SelectField({ label, note, problem = null, value, options, change }: SelectFieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-describedby={note === undefined && problem === null ? undefined : `${id}-note`}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      >
        {options.map(({ value: name, label: text, unfit = null }) => (
          <option key={name} value={name} disabled={unfit !== null}>
            {unfit === null ? text : `${text}: ${unfit}`}
          </option>
        ))}
      </select>
      <FieldNote id={`${id}-note`} note={note} problem={problem} />
    </div>
  )
}

export function CheckField(props: {
  readonly label: string
  readonly checked: boolean
  readonly change: (checked: boolean) => void
}) {
  return (
    <label class="check-field">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={({ currentTarget }) => props.change(currentTarget.checked)}
      />
      <span>{props.label}</span>
    </label>
  )
}

function FieldNote(props: { readonly id: string; readonly note: ComponentChildren; readonly problem: string | null }) {
  const { id, note, problem } = props
  if (note === undefined && problem === null) return null
  return (
    <p class={problem === null ? 'note' : 'note problem'} id={id}>
      {problem ?? note}
    </p>
  )
}
