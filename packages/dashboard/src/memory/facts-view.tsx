import type { Signal } from '@preact/signals'
import { useCallback, useEffect } from 'preact/hooks'
import { TextFilter } from '../forms/text-filter.tsx'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { memory as words } from '../strings/memory.ts'
import { Empty, Failed, Loading, Shown } from '../ui/states.tsx'
import { changesMemory, type Fact, type Facts, MOST_SEARCHED, recalledAbout, withWords } from './facts.ts'
import { FactsTable } from './facts-table.tsx'

export interface FactsViewProps {
  readonly facts: Facts
  readonly query: Readonly<Record<string, string>>
  readonly chosen: number | null
  /** Where what was found by meaning is put, for the page to open one of them. */
  readonly recalled: Signal<readonly Fact[]>
}

/** All of it newest first, those with some words, or what an agent would find about something. */
export function FactsView({ facts, query, chosen, recalled }: FactsViewProps) {
  const { about = '', words: wanted = '' } = query
  return (
    <>
      <Search query={query} />
      {about === '' ? (
        <ByWords {...{ facts, query, chosen, wanted }} />
      ) : (
        <ByMeaning key={about} {...{ about, query, chosen, recalled }} />
      )}
    </>
  )
}

function Search({ query: { about, words: wanted } }: { readonly query: Readonly<Record<string, string>> }) {
  const { router } = usePage()
  return (
    // biome-ignore lint/a11y/useSemanticElements: Preact types do not know the element search yet
    <div class="filters" role="search">
      <TextFilter
        label={words.search.about}
        hint={words.search.aboutHint}
        value={about}
        set={(next) => router.become('memory', { query: { about: next } })}
      />
      <TextFilter
        label={words.search.words}
        hint={words.search.wordsHint}
        value={wanted}
        set={(next) => router.become('memory', { query: { words: next } })}
      />
    </div>
  )
}

interface ByWordsProps extends Pick<FactsViewProps, 'facts' | 'query' | 'chosen'> {
  readonly wanted: string
}

function ByWords({ facts, query, chosen, wanted }: ByWordsProps) {
  const { facts: all, busy, more, error } = facts.listed.value
  const onEnd = useCallback(() => void facts.more(), [facts])
  useEffect(() => {
    if (wanted !== '') void facts.all()
  }, [wanted, facts, all.length])
  const found = withWords(all, wanted)
  return (
    <>
      {error !== null && <Failed error={error} again={() => void facts.reload()} />}
      {found.length === 0 && error === null && (busy || more) && <Loading what={words.what} />}
      {found.length === 0 && !busy && !more && <Nothing any={all.length > 0} />}
      {wanted !== '' && more && all.length >= MOST_SEARCHED && <p class="note">{words.search.part(MOST_SEARCHED)}</p>}
      {found.length > 0 && <FactsTable facts={found} {...{ query, onEnd, chosen }} />}
    </>
  )
}

function Nothing({ any }: { readonly any: boolean }) {
  return <Empty title={any ? words.noneFits : words.nothing}>{any ? words.noneFitsLead : words.nothingLead}</Empty>
}

interface ByMeaningProps extends Pick<FactsViewProps, 'query' | 'chosen' | 'recalled'> {
  readonly about: string
}

function ByMeaning({ about, query, chosen, recalled }: ByMeaningProps) {
  const { api } = useSigned()
  const found = useResource(
    async (signal) => {
      const facts = await recalledAbout(api, about, signal)
      recalled.value = facts
      return facts
    },
    [about],
  )
  useNews(changesMemory, () => void found.reload())
  return (
    <Shown resource={found} what={words.search.what}>
      {(facts) =>
        facts.length === 0 ? (
          <Empty title={words.search.none}>{words.search.noneLead}</Empty>
        ) : (
          <>
            <p class="note recalled-note">{words.search.found(facts.length)}</p>
            <FactsTable {...{ facts, query, chosen }} onEnd={() => {}} />
          </>
        )
      }
    </Shown>
  )
}
