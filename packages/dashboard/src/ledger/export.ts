import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { toError } from '../live/resource.ts'
import { usePage } from '../page.ts'
import { ledger as words } from '../strings/ledger.ts'
import { save } from '../ui/save.ts'
import { sentenceOf } from '../ui/states.tsx'
import { entriesPage, type Filters } from './query.ts'

/** Saves all entries that fit as a file of JSON lines, newest first. */
export function useExport(api: Api): {
  /** Entries so far; null while nothing is exported. */
  readonly count: ReadonlySignal<number | null>
  readonly start: (filters: Filters) => Promise<void>
} {
  const { toasts } = usePage()
  const count = useSignal<number | null>(null)
  const start = async (filters: Filters) => {
    if (count.value !== null) return
    count.value = 0
    try {
      const lines: string[] = []
      let cursor: string | null = null
      do {
        const page = await entriesPage(api, filters, cursor)
        lines.push(...page.items.map((record) => `${JSON.stringify(record)}\n`))
        cursor = page.next_cursor
        count.value = lines.length
      } while (cursor !== null)
      save(new Blob(lines, { type: 'application/x-ndjson' }), 'castellan-ledger.ndjson')
      toasts.good(words.exported(lines.length))
    } catch (error) {
      toasts.bad(sentenceOf(toError(error)))
    } finally {
      count.value = null
    }
  }
  return { count, start }
}
