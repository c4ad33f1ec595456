import { useState } from 'preact/hooks'
import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import type { Column, Shape } from './shape.ts'
import { ValueView } from './value-view.tsx'

/** Rows shown before the owner asks for all of them. */
const FIRST_ROWS = 50

type TableShape = Extract<Shape, { kind: 'table' }>

export function ResultTable({ table, name }: { readonly table: TableShape; readonly name: string }) {
  const [all, setAll] = useState(false)
  const rows = all ? table.rows : table.rows.slice(0, FIRST_ROWS)
  return (
    <>
      <ScrollRegion class="scroll" label={name}>
        <table>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column.field} scope="col" class={classOf(column)}>
                  {column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, line) => (
              <tr key={line}>
                {table.columns.map((column, position) => {
                  const value = row[position]
                  return (
                    <td key={column.field} class={classOf(column)}>
                      {value !== undefined && <ValueView value={value} />}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {rows.length < table.rows.length && (
        <button type="button" class="quiet more" onClick={() => setAll(true)}>
          {strings.tool.showAll(table.rows.length)}
        </button>
      )}
    </>
  )
}

function classOf({ numeric, wide }: Column): string | undefined {
  if (numeric) return 'numeric'
  return wide ? 'wide' : undefined
}
