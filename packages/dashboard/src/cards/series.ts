import { label } from './label.ts'
import { isTimestamp } from './time.ts'
import { bytes, duration, plainNumber } from './units.ts'

export interface SeriesLine {
  readonly label: string
  readonly values: readonly (number | null)[]
}

/** Lines of one unit, which share an axis. */
export interface SeriesPlot {
  readonly label: string
  readonly unit: Unit
  readonly lines: readonly SeriesLine[]
}

export interface Series {
  /** Seconds since 1970, rising. */
  readonly at: readonly number[]
  readonly plots: readonly SeriesPlot[]
}

export type Unit = 'percent' | 'bytes' | 'milliseconds' | 'seconds' | 'number'

/** Fewer moments than this are read faster as a table. */
const FEWEST = 4
/** More plots than this are a table after all. */
const MOST_PLOTS = 6
/** Figures that count the rows themselves, or name something, are no course of anything. */
const NO_COURSE = /^(samples|index|count|id|pid|uid|gid|port|seq|line|number)$|Id$|Index$/i

type Row = Readonly<Record<string, unknown>>
interface Field {
  readonly name: string
  readonly pick: (row: Row) => unknown
}

/**
 * The figures over time that a list of records holds: one moment in each, in order, and at least one figure that changes. Null for every
 * other list. A field that is a range (`average`, `highest`) is two lines of one plot.
 */
export function seriesOf(rows: readonly Row[]): Series | null {
  const [first] = rows
  if (first === undefined || rows.length < FEWEST) return null
  const when = Object.keys(first).filter((name) => rows.every((row) => isMoment(row[name])))[0]
  if (when === undefined) return null
  const at = rows.map((row) => Date.parse(String(row[when])) / 1000)
  const falls = at.every((moment, position) => position === 0 || moment < (at[position - 1] ?? 0))
  const order = falls ? rows.toReversed() : rows
  const moments = falls ? at.toReversed() : at
  if (!moments.every((moment, position) => position === 0 || moment > (moments[position - 1] ?? 0))) return null
  const plots = Object.keys(first).flatMap((name) => plotOf(name, order) ?? [])
  // Words in a row say more than its figures do.
  const wordy = Object.keys(first).some((name) => name !== when && rows.some((row) => typeof row[name] === 'string'))
  return plots.length === 0 || plots.length > MOST_PLOTS || wordy ? null : { at: moments, plots }
}

function plotOf(name: string, rows: readonly Row[]): SeriesPlot | null {
  if (NO_COURSE.test(name)) return null
  const fields = fieldsOf(name, rows)
  const lines = fields.map(({ name: part, pick }) => ({ label: part, values: rows.map((row) => figure(pick(row))) }))
  const [first] = lines
  if (first === undefined || lines.some(({ values }) => values.every((value) => value === null))) return null
  const changes = lines.some(({ values }) => new Set(values.filter((value) => value !== null)).size > 1)
  return changes ? { label: label(name).replace(/ %$/, ''), unit: unitOf(name), lines } : null
}

/** The figure itself, or the figures of a range. */
function fieldsOf(name: string, rows: readonly Row[]): readonly Field[] {
  const given = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined)
  if (given.length === 0) return []
  if (given.every((value) => typeof value === 'number')) return [{ name: label(name), pick: (row) => row[name] }]
  const ranges = given.every((value) => isRange(value))
  if (!ranges) return []
  return Object.keys(given[0] as Row)
    .slice(0, 2)
    .map((part) => ({ name: label(part), pick: (row) => (row[name] as Row | null | undefined)?.[part] }))
}

function isRange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const figures = Object.values(value)
  return figures.length > 0 && figures.length <= 2 && figures.every((one) => typeof one === 'number')
}

function isMoment(value: unknown): boolean {
  return typeof value === 'string' && isTimestamp(value)
}

function figure(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function unitOf(name: string): Unit {
  if (/percent$/i.test(name)) return 'percent'
  if (/bytes$/i.test(name)) return 'bytes'
  if (/Ms$/.test(name)) return 'milliseconds'
  return /seconds$/i.test(name) ? 'seconds' : 'number'
}

/** A figure at the axis. */
export const UNIT_WORDS: Readonly<Record<Unit, (value: number) => string>> = {
  percent: (value) => `${plainNumber(Math.round(value * 10) / 10)} %`,
  bytes,
  milliseconds: duration,
  seconds: (value) => duration(value * 1000),
  number: plainNumber,
}
