import { useMemo } from 'preact/hooks'
import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { Diff } from '../ui/diff.tsx'
import { ResultTable } from './result-table.tsx'
import { SeriesView } from './series-view.tsx'
import { type Shape, shapeResult } from './shape.ts'
import type { Value } from './value.ts'
import { ValueView } from './value-view.tsx'

/** A tool's result: a table, figures or text, whatever its shape asks for. */
export function Result({ name, result }: { readonly name: string; readonly result: unknown }) {
  const { shape, truncated } = useMemo(() => shapeResult(result), [result])
  return (
    <>
      <ShapeView shape={shape} name={strings.tool.result(name)} />
      {truncated && <p class="note">{strings.tool.truncated}</p>}
    </>
  )
}

function ShapeView({ shape, name }: { readonly shape: Shape; readonly name: string }) {
  switch (shape.kind) {
    case 'empty':
      return <p class="note">{strings.tool.empty}</p>
    case 'value':
      return (
        <p>
          <ValueView value={shape.value} />
        </p>
      )
    case 'prose':
      return <p class="prose">{shape.text}</p>
    case 'block':
      return (
        <ScrollRegion class="block" label={name}>
          <pre>{shape.text}</pre>
        </ScrollRegion>
      )
    case 'diff':
      return <Diff diff={shape.text} label={name} />
    case 'series':
      return <SeriesView series={shape.series} table={shape.table} name={name} />
    case 'table':
      return <ResultTable table={shape} name={name} />
    case 'record':
      return <RecordView record={shape} name={name} />
  }
}

function RecordView({ record, name }: { readonly record: Extract<Shape, { kind: 'record' }>; readonly name: string }) {
  return (
    <>
      {record.figures.length > 0 && (
        <dl class="figures">
          {record.figures.map(({ field, label, value }) => (
            <div key={field} class={isLong(value) ? 'long' : undefined}>
              <dt>{label}</dt>
              <dd>
                <ValueView value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {record.parts.map(({ field, label, shape }) => (
        <section key={field} class="part">
          <p class="part-name">{label}</p>
          <ShapeView shape={shape} name={`${name}, ${label}`} />
        </section>
      ))}
    </>
  )
}

/** Paths and lists of names want more room than figures. */
function isLong(value: Value): boolean {
  return value.kind === 'text' && value.text.length > 20
}
