import { useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { outcomeOf } from '../acts/acts.ts'
import { useTry } from '../forms/doing.ts'
import { useNews } from '../live/live.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { memory as words } from '../strings/memory.ts'
import { navigation } from '../strings/navigation.ts'
import { Download } from '../theme/icons.tsx'
import { PageFrame } from '../ui/page-frame.tsx'
import { useFactExport } from './export.ts'
import { FactDetail } from './fact-detail.tsx'
import { FactForm } from './fact-form.tsx'
import { changesMemory, type Fact, Facts } from './facts.ts'
import { FactsView } from './facts-view.tsx'

/** What agents remember from one conversation to the next, for its owner to see and correct. */
export function MemoryPage({ route }: PageProps) {
  const { router, confirmations, toasts } = usePage()
  const { api, acts } = useSigned()
  const facts = useMemo(() => new Facts(api), [api])
  const recalled = useSignal<readonly Fact[]>([])
  const writing = useSignal<{ readonly fact: Fact | null } | null>(null)
  const saving = useFactExport(api)
  const attempt = useTry()
  useEffect(() => {
    void facts.reload()
    return () => facts.close()
  }, [facts])
  const changed = useCallback(() => void facts.reload(), [facts])
  useNews(changesMemory, changed)
  const id = /^\d{1,15}$/.test(route.path[0] ?? '') ? Number(route.path[0]) : null
  const { facts: listed } = facts.listed.value
  const chosen = id === null ? undefined : [...listed, ...recalled.value].find((fact) => fact.id === id)
  const leave = () => router.go('memory', { query: route.query })
  const forget = (fact: Fact) =>
    attempt(async () => {
      const { forget: question } = words
      if (!(await confirmations.ask({ ...question, title: question.title(fact.id), danger: true }))) return
      leave()
      const { ok, text } = outcomeOf(await acts.call('memory_forget', { id: fact.id }))
      if (!ok) throw new Error(text)
      toasts.good(text)
      changed()
    })
  return (
    <PageFrame
      full
      title={navigation.memory.title}
      lead={words.lead}
      acts={
        <>
          <button
            type="button"
            onClick={() => {
              writing.value = { fact: null }
            }}
          >
            {words.add}
          </button>
          {listed.length > 0 && (
            <button type="button" aria-disabled={saving.busy.value} onClick={() => void saving.start()}>
              <Download /> {words.exportAll}
            </button>
          )}
        </>
      }
    >
      <FactsView facts={facts} query={route.query} chosen={id} recalled={recalled} />
      {chosen !== undefined && (
        <FactDetail
          fact={chosen}
          edit={() => {
            writing.value = { fact: chosen }
          }}
          forget={() => void forget(chosen)}
          close={leave}
        />
      )}
      {writing.value !== null && (
        <FactForm
          fact={writing.value.fact}
          changed={changed}
          close={() => {
            writing.value = null
          }}
        />
      )}
    </PageFrame>
  )
}
