import { label } from './label.ts'
import { type Series, seriesOf } from './series.ts'
import { isScalar, present, type Value } from './value.ts'

export interface Column {
  readonly field: string
  readonly label: string
  /** Every value is a quantity. */
  readonly numeric: boolean
  /** Holds sentences, so that it gets room and may wrap. */
  readonly wide: boolean
}

export interface Figure {
  readonly field: string
  readonly label: string
  readonly value: Value
}

/** How a tool's result is best looked at. */
export type Shape =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly value: Value }
  /** A sentence or more, which may wrap. */
  | { readonly kind: 'prose'; readonly text: string }
  /** Text whose lines matter. */
  | { readonly kind: 'block'; readonly text: string }
  /** A unified diff. */
  | { readonly kind: 'diff'; readonly text: string }
  /** Figures over time, and the same as a table. */
  | { readonly kind: 'series'; readonly series: Series; readonly table: TableShape }
  | { readonly kind: 'table'; readonly columns: readonly Column[]; readonly rows: readonly (readonly Value[])[] }
  /** Figures first, then whatever does not fit into one. */
  | { readonly kind: 'record'; readonly figures: readonly Figure[]; readonly parts: readonly Part[] }

export type TableShape = Extract<Shape, { kind: 'table' }>

export interface Part {
  readonly field: string
  readonly label: string
  readonly shape: Shape
}

export interface ShapedResult {
  readonly shape: Shape
  /** The tool cut its own result short, and said so. */
  readonly truncated: boolean
}

const LONG_TEXT = 96
const MAX_DEPTH = 4

/** Derives the view of a result from nothing but its shape: the page knows no tool by name. */
export function shapeResult(result: unknown): ShapedResult {
  if (!isRecord(result)) return { shape: shapeOf('', result, 0), truncated: false }
  const { truncated, ...rest } = result
  return typeof truncated === 'boolean'
    ? { shape: shapeOf('', rest, 0), truncated }
    : { shape: shapeOf('', result, 0), truncated: false }
}

function shapeOf(field: string, value: unknown, depth: number): Shape {
  if (typeof value === 'string' && isDiff(field, value)) return { kind: 'diff', text: value }
  if (typeof value === 'string' && isLong(value)) return { kind: value.includes('\n') ? 'block' : 'prose', text: value }
  if (depth >= MAX_DEPTH && !isScalar(value)) return { kind: 'block', text: JSON.stringify(value, undefined, 2) }
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) return listing(value)
  if (isRecord(value)) return record(value, depth)
  const shown = present(field, value)
  return shown.kind === 'none' ? { kind: 'empty' } : { kind: 'value', value: shown }
}

function record(fields: Readonly<Record<string, unknown>>, depth: number): Shape {
  const figures: Figure[] = []
  const parts: Part[] = []
  for (const [field, value] of Object.entries(fields)) {
    const named = { field, label: label(field) }
    if (isFigure(value)) figures.push({ ...named, value: present(field, value) })
    else parts.push({ ...named, shape: shapeOf(field, value, depth + 1) })
  }
  if (figures.length === 0 && parts.length === 0) return { kind: 'empty' }
  // A record of one list is that list.
  const [only] = parts
  const isList = only?.shape.kind === 'table' || only?.shape.kind === 'series'
  if (only !== undefined && parts.length === 1 && figures.length === 0 && isList) return only.shape
  return { kind: 'record', figures, parts }
}

/** A list of records: a plot where it is figures over time, a table otherwise. */
function listing(rows: readonly Readonly<Record<string, unknown>>[]): Shape {
  const listed = table(rows)
  const series = listed.kind === 'table' ? seriesOf(rows) : null
  return series === null || listed.kind !== 'table' ? listed : { kind: 'series', series, table: listed }
}

/** By the field that holds it, or by how it begins. */
function isDiff(field: string, text: string): boolean {
  return (field === 'diff' && text.includes('\n')) || (/^(diff --git |--- )/.test(text) && /\n@@ /.test(text))
}

function table(rows: readonly Readonly<Record<string, unknown>>[]): Shape {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  // A column in which no row has anything says nothing.
  const used = fields.filter((field) => rows.some((row) => present(field, row[field]).kind !== 'none'))
  const values = rows.map((row) => used.map((field) => present(field, row[field])))
  const columns = used.map((field, position) => {
    const column = values.map((row) => row[position] as Value).filter(({ kind }) => kind !== 'none')
    return {
      field,
      label: label(field),
      numeric: column.every(({ kind }) => kind === 'number'),
      wide: column.some((value) => value.kind === 'text' && value.text.length > 32),
    }
  })
  return columns.length === 0 ? { kind: 'empty' } : { kind: 'table', columns, rows: values }
}

function isFigure(value: unknown): boolean {
  if (typeof value === 'string') return !isLong(value)
  if (isScalar(value) || value === undefined) return true
  return Array.isArray(value) && value.every(isScalar) && value.join(', ').length <= LONG_TEXT
}

function isLong(text: string): boolean {
  return text.includes('\n') || text.length > LONG_TEXT
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
