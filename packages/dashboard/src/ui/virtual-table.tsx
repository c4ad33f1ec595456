import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** A track of a CSS grid: `5rem`, `minmax(8rem, 1fr)`. */
  readonly width: string
  readonly cell: (row: Row) => ComponentChildren
  /** Left out where the page is narrow. */
  readonly wideOnly?: true
  /** Left out where the table has less width than this, in pixels. */
  readonly from?: number
}

export interface VirtualTableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
  readonly columns: readonly Column<Row>[]
  /** Called when the end comes into sight, to bring more rows. */
  readonly onEnd?: () => void
  readonly chosen?: string | number
}

/** Height of a row in pixels; every row has the same, so that a place in the list is a multiplication. */
const ROW = 44
/** Rows drawn beyond either edge of what is seen, so that scrolling meets them ready. */
const BEYOND = 8
/** Below this width, in pixels, columns for wide pages are left out. */
const NARROW = 640
/** What the width of the table is rounded down to. */
const STEP = 20
/** Until it is measured. */
const WIDE = 1200

/** A table of any length: only the rows in sight are in the document. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, rows, keyOf, onEnd, chosen } = props
  const scroller = useRef<HTMLDivElement>(null)
  const view = useSignal({ first: 0, count: 30, width: WIDE })
  const measure = () => {
    const element = scroller.current
    if (element === null) return
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - BEYOND)
    const count = Math.ceil(element.clientHeight / ROW) + 2 * BEYOND
    // In steps, so that not every pixel of a window that is drawn larger draws the table anew.
    const width = Math.floor(element.clientWidth / STEP) * STEP
    const { first: f, count: c, width: w } = view.peek()
    if (f !== first || c !== count || w !== width) view.value = { first, count, width }
  }
  useLayoutEffect(measure, [])
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const { first, count, width } = view.value
  const last = Math.min(rows.length, first + count)
  const atEnd = last >= rows.length
  useEffect(() => {
    if (atEnd) onEnd?.()
  }, [atEnd, rows.length, onEnd])
  const columns = props.columns.filter(({ wideOnly, from = wideOnly ? NARROW : 0 }) => width >= from)
  const tracks = columns.map(({ width }) => width).join(' ')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1; without the focus only a pointer could scroll it
    <section class="virtual" aria-label={label} tabIndex={0} ref={scroller} onScroll={measure}>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a real table cannot be placed one by one */}
      <div role="table" aria-label={label} aria-rowcount={rows.length + 1}>
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: a row is nothing to act on */}
        <div role="row" aria-rowindex={1} class="virtual-head" style={{ gridTemplateColumns: tracks }}>
          {columns.map(({ key, title }) => (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: nothing is sorted by it
            <span key={key} role="columnheader">
              {title}
            </span>
          ))}
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        <div class="virtual-body" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
          {rows.slice(first, last).map((row, position) => (
            // biome-ignore lint/a11y/useSemanticElements: see above
            // biome-ignore lint/a11y/useFocusableInteractive: a row is nothing to act on
            <div
              key={keyOf(row)}
              role="row"
              aria-rowindex={first + position + 2}
              class={keyOf(row) === chosen ? 'virtual-row chosen' : 'virtual-row'}
              style={{ gridTemplateColumns: tracks, height: `${ROW}px`, top: `${(first + position) * ROW}px` }}
            >
              {columns.map(({ key, cell }) => (
                // biome-ignore lint/a11y/useSemanticElements: see above
                <span key={key} role="cell">
                  {cell(row)}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    </section>
  )
}
