import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { useTry } from '../forms/doing.ts'
import { usePage } from '../page.ts'
import { memory as words } from '../strings/memory.ts'
import { save } from '../ui/save.ts'
import { type Fact, pageOfFacts } from './facts.ts'

/** Saves all that is remembered as one JSON file, newest first. */
export function useFactExport(api: Api): {
  readonly busy: ReadonlySignal<boolean>
  readonly start: () => Promise<void>
} {
  const { toasts } = usePage()
  const attempt = useTry()
  const busy = useSignal(false)
  const start = async () => {
    if (busy.peek()) return
    busy.value = true
    await attempt(async () => {
      const facts: Fact[] = []
      let cursor: string | null = null
      do {
        const page = await pageOfFacts(api, cursor)
        facts.push(...page.items)
        cursor = page.next_cursor
      } while (cursor !== null)
      save(new Blob([JSON.stringify(facts, undefined, 2)], { type: 'application/json' }), 'castellan-memory.json')
      toasts.good(words.exported(facts.length))
    })
    busy.value = false
  }
  return { busy, start }
}
