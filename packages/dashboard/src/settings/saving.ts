import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { toError } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { exports as words } from '../strings/exports.ts'
import { save } from '../ui/save.ts'
import { sentenceOf } from '../ui/states.tsx'
import type { Pieces } from './pieces.ts'

export interface SavedFile {
  readonly pieces: Pieces
  readonly name: string
  readonly type: string
}

export interface Saving {
  /** Pieces so far; null while nothing is exported. */
  readonly count: ReadonlySignal<number | null>
  start(file: SavedFile): Promise<void>
  stop(): void
}

/** Gathers an export and hands it to the browser as a file. Leaving the page stops it, and then nothing is saved. */
export function useSaving(): Saving {
  const { api } = useSigned()
  const { toasts } = usePage()
  const count = useSignal<number | null>(null)
  const asking = useRef(new AbortController())
  useEffect(() => () => asking.current.abort(), [])
  return {
    count,
    async start({ pieces, name, type }) {
      if (count.peek() !== null) return
      asking.current = new AbortController()
      const { signal } = asking.current
      count.value = 0
      try {
        const parts: string[] = []
        for await (const piece of pieces(api, signal)) {
          parts.push(piece)
          count.value = parts.length
        }
        save(new Blob(parts, { type }), name)
        toasts.good(words.saved(name, parts.length))
      } catch (error) {
        if (!signal.aborted) toasts.bad(sentenceOf(toError(error)))
      } finally {
        count.value = null
      }
    },
    stop: () => asking.current.abort(),
  }
}
