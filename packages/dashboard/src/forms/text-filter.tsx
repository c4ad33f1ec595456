import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** How long after the last letter a search begins, in milliseconds. */
const TYPING_MS = 250

export interface TextFilterProps {
  readonly label: string
  readonly hint: string
  readonly value: string | undefined
  readonly set: (value: string) => void
}

/** Words that narrow a list, a moment after the last letter. */
export function TextFilter({ label, hint, value = '', set }: TextFilterProps) {
  const typed = useSignal(value)
  useEffect(() => {
    typed.value = value
  }, [value])
  const text = typed.value
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => set(text.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="search"
        value={text}
        placeholder={hint}
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value
        }}
      />
    </label>
  )
}
