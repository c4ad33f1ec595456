import { type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect } from 'preact/hooks'
import { strings } from '../strings.ts'
import { ArrowUp } from '../theme/icons.tsx'
import type { Chat } from './chat.ts'
import { completions } from './completion.ts'
import { CompletionList } from './completion-list.tsx'
import { recall, saidBefore } from './recall.ts'

export interface ComposerProps {
  readonly chat: Chat
  /** What was typed and not sent yet. */
  readonly draft: Signal<string>
  readonly input: RefObject<HTMLTextAreaElement | null>
}

/** Most that a message may have, in characters; see the contracts' ClientFrame. */
const MAX_LENGTH = 32_768

/** Where the owner types. Enter sends, Shift+Enter breaks the line, Up recalls, a slash offers the commands. */
export function Composer({ chat, draft: text, input }: ComposerProps) {
  const recalled = useSignal(-1)
  const chosen = useSignal(0)
  const dismissed = useSignal(false)
  const id = useId()
  const offers = dismissed.value ? [] : completions(text.value)
  const ready = text.value.trim() !== '' && chat.hears(text.value)

  useEffect(() => input.current?.focus(), [input])
  useLayoutEffect(() => grow(input.current), [text.value, input])

  const type = (words: string) => {
    text.value = words
    chosen.value = 0
    dismissed.value = false
  }
  const send = () => {
    if (!chat.say(text.value)) return
    type('')
    recalled.value = -1
  }
  const complete = (position: number) => {
    const offer = offers[position]
    if (offer !== undefined) type(offer.insert)
    input.current?.focus()
  }
  const step = (by: 1 | -1): boolean => {
    const found = recall(saidBefore(chat.state.value.items), recalled.value, by)
    if (found === null) return false
    text.value = found.text
    recalled.value = found.position
    return true
  }

  const press = (event: KeyboardEvent) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const used = offers.length > 0 ? pressInList(event) : pressInText(event)
    if (used) event.preventDefault()
  }
  const pressInList = ({ key, shiftKey }: KeyboardEvent): boolean => {
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      chosen.value = (chosen.value + (key === 'ArrowDown' ? 1 : offers.length - 1)) % offers.length
    } else if (key === 'Tab' || (key === 'Enter' && !shiftKey)) {
      complete(chosen.value)
    } else if (key === 'Escape') {
      dismissed.value = true
    } else {
      return false
    }
    return true
  }
  const pressInText = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const untouched = text.value === '' || recalled.value >= 0
    if (key === 'Enter' && !shiftKey) send()
    else if (key === 'ArrowUp' && untouched) return step(1)
    else if (key === 'ArrowDown' && recalled.value >= 0) return step(-1)
    else return false
    return true
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
        input.current?.focus()
      }}
    >
      {offers.length > 0 && (
        <CompletionList
          id={`${id}-list`}
          offers={offers}
          chosen={chosen.value}
          point={(position) => {
            chosen.value = position
          }}
          choose={complete}
        />
      )}
      <textarea
        ref={input}
        rows={1}
        maxLength={MAX_LENGTH}
        placeholder={strings.chat.placeholder}
        aria-label={strings.chat.inputLabel}
        aria-describedby={`${id}-hint`}
        aria-autocomplete="list"
        aria-controls={offers.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={offers.length > 0 ? `${id}-list-${chosen.value}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={({ currentTarget }) => {
          recalled.value = -1
          type(currentTarget.value)
        }}
        onKeyDown={press}
      />
      <button type="submit" class="send" disabled={!ready} title={strings.chat.send}>
        <ArrowUp />
        <span class="unseen">{strings.chat.send}</span>
      </button>
      <p class="hint" id={`${id}-hint`}>
        {strings.chat.hint}
      </p>
    </form>
  )
}

/** The input is as high as its text, up to what its style sheet allows. */
function grow(input: HTMLTextAreaElement | null): void {
  if (input === null) return
  input.style.height = 'auto'
  input.style.height = `${input.scrollHeight}px`
}
