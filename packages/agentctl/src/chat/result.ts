import { bytes, localTime } from '../describe.ts'
import { printable } from '../terminal.ts'

const MAX_LINES = 40
const MAX_ROWS = 15
const MAX_COLUMNS = 10
const MAX_CELL = 40

export type ResultBlock =
  | { readonly kind: 'text'; readonly lines: readonly string[]; readonly more: number }
  | {
      readonly kind: 'table'
      readonly headings: readonly string[]
      readonly rows: readonly string[][]
      readonly more: number
    }

/**
 * The part of a tool's result that its summary cannot hold, shaped for a terminal: the longest text or the largest list
 * of like things. Nothing for results that are a few figures, which the summary has said.
 */
export function resultBlock(result: unknown): ResultBlock | undefined {
  if (!isRecord(result)) return undefined
  const texts = Object.values(result).filter(
    (value): value is string => typeof value === 'string' && value.includes('\n'),
  )
  const longest = texts.toSorted((a, b) => b.length - a.length)[0]
  if (longest !== undefined) return textBlock(longest)
  const lists = Object.values(result).filter(
    (value): value is Record<string, unknown>[] => Array.isArray(value) && value.every(isRecord),
  )
  const largest = lists.toSorted((a, b) => b.length - a.length)[0]
  return largest === undefined || largest.length < 2 ? undefined : tableBlock(largest)
}

function textBlock(text: string): ResultBlock {
  const lines = printable(text).replace(/\n$/, '').split('\n')
  return { kind: 'text', lines: lines.slice(0, MAX_LINES), more: Math.max(0, lines.length - MAX_LINES) }
}

function tableBlock(items: readonly Record<string, unknown>[]): ResultBlock {
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))]
  const columns = names.filter((name) => items.some((item) => isScalar(item[name]))).slice(0, MAX_COLUMNS)
  return {
    kind: 'table',
    headings: columns.map(heading),
    rows: items.slice(0, MAX_ROWS).map((item) => columns.map((name) => cell(name, item[name]))),
    more: Math.max(0, items.length - MAX_ROWS),
  }
}

/** `usedBytes` → `USED`, `mountPoint` → `MOUNT POINT`: the unit moves into the cell. */
function heading(name: string): string {
  return name
    .replace(/(?<=.)(Bytes|At)$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()
}

function cell(name: string, value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (typeof value === 'number' && name.endsWith('Bytes')) return bytes(value)
  if (typeof value === 'number' && name.endsWith('Percent')) return `${value} %`
  if (typeof value === 'string' && name.endsWith('At') && !Number.isNaN(Date.parse(value))) return localTime(value)
  const text = printable(typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll(/[\n\t]/g, ' ')
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text
}

function isScalar(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'object'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
