/** One figure of a benchmark. */
export interface Row {
  readonly name: string
  readonly value: number
  /** Of value and baseline: `ms`, `MB`, `ops/s`. */
  readonly unit: string
  /** The same work done bare, or by a peer, in the same run. */
  readonly baseline?: number
  /** value / baseline. */
  readonly ratio?: number
  /** What was aimed for, in words. */
  readonly goal?: string
}

/** A benchmark calls it once for each figure, as soon as it is known. */
export type Report = (row: Row) => void

/** A file of `bench/`. */
export interface Benchmark {
  readonly title: string
  run(report: Report): Promise<void>
}

/** Rows as aligned columns for people. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${formatNumber(row.value)} ${row.unit}`,
    row.baseline === undefined ? '' : `${formatNumber(row.baseline)} ${row.unit}`,
    row.ratio === undefined ? '' : `${formatNumber(row.ratio)}×`,
    row.goal ?? '',
  ])
  const table = [['', 'measured', 'baseline', 'ratio', 'goal'], ...cells]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  const isText = (column: number): boolean => column === 0 || column === 4
  return table
    .map((line) =>
      line
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Three significant digits, without an exponent. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB')
  return Number(value.toPrecision(3)).toString()
}
