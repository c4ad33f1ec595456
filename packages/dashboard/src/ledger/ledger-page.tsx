import { useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { type EntryRecord, summaryOf, toneOf, whoOf } from '../entries/entry.ts'
import { titleOf } from '../entries/title.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { addressOf } from '../shell/router.ts'
import { ledger as words } from '../strings/ledger.ts'
import { Book, Check, Download } from '../theme/icons.tsx'
import { PageFrame } from '../ui/page-frame.tsx'
import { Empty, Failed, Loading } from '../ui/states.tsx'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { When } from '../ui/when.tsx'
import { Entries } from './entries.ts'
import { EntryDetail } from './entry-detail.tsx'
import { useExport } from './export.ts'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, filtersOf } from './query.ts'
import { StandingDialog } from './standing.tsx'
import { VerifyDialog } from './verify.tsx'

/** Every act there ever was. */
export function LedgerPage({ route }: PageProps) {
  const { router } = usePage()
  const { api, live } = useSigned()
  const filters = filtersOf(route.query)
  const wanted = JSON.stringify(filters)
  const entries = useMemo(() => new Entries(api, filters), [api, wanted])
  useEffect(() => {
    entries.open(live)
    return () => entries.close()
  }, [entries, live])
  const dialog = useSignal<'verify' | 'standing' | null>(null)
  const saving = useExport(api)
  const { records, busy, more, error } = entries.listed.value
  const index = route.path[0] !== undefined && /^\d{1,15}$/.test(route.path[0]) ? Number(route.path[0]) : null
  const close = () => {
    dialog.value = null
  }
  const onEnd = useCallback(() => void entries.more(), [entries])
  return (
    <PageFrame
      full
      title={words.title}
      lead={words.lead}
      acts={
        <>
          <button type="button" onClick={() => (dialog.value = 'verify')}>
            <Check /> {words.verify}
          </button>
          <button type="button" aria-disabled={saving.count.value !== null} onClick={() => void saving.start(filters)}>
            <Download /> {saving.count.value === null ? words.exportAll : words.exporting(saving.count.value)}
          </button>
          <button type="button" onClick={() => (dialog.value = 'standing')}>
            <Book /> {words.standing}
          </button>
        </>
      }
    >
      <FilterBar
        filters={filters}
        change={(next) => router.become('ledger', { path: route.path, query: { ...next } })}
        count={words.count(records.length, live.size.value)}
      />
      {error !== null && <Failed error={error} again={() => entries.retry()} />}
      {records.length === 0 && busy && <Loading what={words.entries} />}
      {records.length === 0 && !busy && !more && <Empty title={words.none}>{words.noneLead}</Empty>}
      {records.length > 0 && (
        <VirtualTable
          label={words.list}
          rows={records}
          keyOf={({ entry }) => entry.index}
          columns={columnsOf(filters)}
          onEnd={onEnd}
          {...(index === null ? {} : { chosen: index })}
        />
      )}
      {index !== null && (
        <EntryDetail key={index} index={index} close={() => router.go('ledger', { query: { ...filters } })} />
      )}
      {dialog.value === 'verify' && <VerifyDialog close={close} />}
      {dialog.value === 'standing' && <StandingDialog close={close} />}
    </PageFrame>
  )
}

function columnsOf(filters: Filters): readonly Column<EntryRecord>[] {
  return [
    {
      key: 'number',
      title: words.number,
      width: '4.5rem',
      wideOnly: true,
      cell: ({ entry }) => <span class="number">{entry.index}</span>,
    },
    {
      key: 'what',
      title: words.what,
      width: 'minmax(8rem, 1.1fr)',
      cell: ({ entry }) => (
        <>
          <span class={`dot ${toneOf(entry)}`} aria-hidden="true" />{' '}
          <a href={addressOf('ledger', { path: [String(entry.index)], query: { ...filters } })}>{titleOf(entry)}</a>
        </>
      ),
    },
    {
      key: 'summary',
      title: words.summary,
      width: 'minmax(10rem, 1.8fr)',
      wideOnly: true,
      cell: (record) => summaryOf(record) ?? record.entry.code ?? '',
    },
    {
      key: 'who',
      title: words.who,
      width: '10rem',
      wideOnly: true,
      cell: ({ entry }) => whoOf(entry),
    },
    { key: 'when', title: words.when, width: '8rem', cell: ({ entry }) => <When at={entry.time} /> },
  ]
}
