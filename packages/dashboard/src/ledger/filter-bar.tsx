import { TextFilter } from '../forms/text-filter.tsx'
import { entryTitles } from '../strings/entries.ts'
import { ledger as words } from '../strings/ledger.ts'
import type { Filters } from './query.ts'

/** Stands among the types of entries for several of them. */
const NOTABLE = 'notable'

export interface FilterBarProps {
  readonly filters: Filters
  readonly change: (filters: Filters) => void
  readonly count: string
}

/** What narrows the list; it is in the address, so that a list can be come back to. */
export function FilterBar({ filters, change, count }: FilterBarProps) {
  const set = (name: keyof Filters, value: string) => change({ ...filters, [name]: value })
  return (
    // biome-ignore lint/a11y/useSemanticElements: Preact types do not know the element search yet
    <div class="filters" role="search">
      <TextFilter label={words.search} hint={words.searchHint} value={filters.text} set={(text) => set('text', text)} />
      <label class="field">
        <span>{words.kind}</span>
        <select
          value={filters.notable === 'true' ? NOTABLE : (filters.type ?? '')}
          onChange={({ currentTarget: { value } }) =>
            change({ ...filters, type: value === NOTABLE ? '' : value, notable: value === NOTABLE ? 'true' : '' })
          }
        >
          <option value="">{words.anyKind}</option>
          <option value={NOTABLE}>{words.notable}</option>
          {Object.entries(entryTitles).map(([type, title]) => (
            <option key={type} value={type}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.result}</span>
        <select value={filters.ok ?? ''} onChange={({ currentTarget }) => set('ok', currentTarget.value)}>
          <option value="">{words.anyResult}</option>
          <option value="true">{words.wentWell}</option>
          <option value="false">{words.failed}</option>
        </select>
      </label>
      <TextFilter label={words.tool} hint={words.anyTool} value={filters.tool} set={(tool) => set('tool', tool)} />
      <TextFilter label={words.who} hint={words.anyWho} value={filters.actor} set={(actor) => set('actor', actor)} />
      <span class="filter-end">
        {Object.keys(filters).length > 0 && (
          <button type="button" class="quiet" onClick={() => change({})}>
            {words.clear}
          </button>
        )}
        <span class="note" role="status">
          {count}
        </span>
      </span>
    </div>
  )
}
