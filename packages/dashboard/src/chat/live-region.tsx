import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Chat } from './chat.ts'
import { news } from './news.ts'

/** Tells screen readers what happened, a sentence at a time. What was there when the page opened is not news. */
export function LiveRegion({ chat }: { readonly chat: Chat }) {
  const words = useSignal('')
  const told = useRef(chat.state.peek())
  useSignalEffect(() => {
    const state = chat.state.value
    if (chat.loaded.value) {
      const latest = news(told.current, state)
      if (latest !== '') words.value = latest
    }
    told.current = state
  })
  return (
    <div class="unseen" aria-live="polite" role="status">
      {words}
    </div>
  )
}
