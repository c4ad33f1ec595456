import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect } from 'preact/hooks'
import { usePage } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { strings } from '../strings.ts'
import { ArrowUp, Clip } from '../theme/icons.tsx'
import { messageProblem } from './attach.ts'
import { AttachedFiles } from './attached.tsx'
import type { Chat } from './chat.ts'
import { completions, type HereCommand, hereCommand } from './completion.ts'
import { CompletionList } from './completion-list.tsx'
import { recall, saidBefore } from './recall.ts'

export interface ComposerProps {
  readonly chat: Chat
  readonly input: RefObject<HTMLTextAreaElement | null>
  /** Where the browser lets somebody choose files. */
  readonly picker: RefObject<HTMLInputElement | null>
  readonly attach: (files: Iterable<File>) => Promise<void>
  /** A command that the page carries out itself. */
  readonly obey: (name: HereCommand, argument: string) => void
  /** Told what was sent. */
  readonly said: (text: string) => void
}

/** Most that a message may have, in characters; see the contracts' ClientFrame. */
const MAX_LENGTH = 32_768

/** Where the owner types. Enter sends, Shift+Enter breaks the line, Up recalls, a slash offers the commands. */
export function Composer({ chat, input, picker, attach, obey, said }: ComposerProps) {
  const { draft: text, attached } = chat
  const { toasts } = usePage()
  const recalled = useSignal(-1)
  const chosen = useSignal(0)
  const dismissed = useSignal(false)
  const id = useId()
  const offers = dismissed.value ? [] : completions(text.value)
  const files = attached.value
  const message = text.value.trim() === '' && files.length > 0 ? words.attachedAlone : text.value
  const here = hereCommand(message)
  const ready = here !== null || (message.trim() !== '' && chat.hears(message))

  useEffect(() => input.current?.focus(), [input, chat])
  useLayoutEffect(() => grow(input.current), [text.value, input])

  const type = (words: string) => {
    text.value = words
    chosen.value = 0
    dismissed.value = false
  }
  const send = () => {
    if (here !== null) {
      type('')
      return obey(here.name, here.argument)
    }
    const problem = messageProblem(message, files)
    if (problem !== null) return toasts.bad(problem)
    if (!chat.say(message, files)) return
    said(message)
    type('')
    attached.value = []
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
      {files.length > 0 && (
        <AttachedFiles
          files={files}
          remove={(file) => {
            attached.value = files.filter((one) => one !== file)
            input.current?.focus()
          }}
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
        onPaste={(event) => {
          const pasted = event.clipboardData?.files
          if (pasted === undefined || pasted.length === 0) return
          event.preventDefault()
          void attach(pasted)
        }}
      />
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={words.attach}
        onChange={({ currentTarget }) => {
          void attach([...(currentTarget.files ?? [])])
          currentTarget.value = ''
          input.current?.focus()
        }}
      />
      <button type="button" class="clip icon-button" title={words.attach} onClick={() => picker.current?.click()}>
        <Clip />
        <span class="unseen">{words.attach}</span>
      </button>
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
