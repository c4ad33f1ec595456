import { styleText } from 'node:util'

type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Where agentctl writes: results on `out`, everything else (progress, prompts, errors) on `err`. */
export class Terminal {
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
  readonly json: boolean

  constructor(streams: { out: NodeJS.WriteStream; err: NodeJS.WriteStream }, json: boolean) {
    this.out = streams.out
    this.err = streams.err
    this.json = json
  }

  /** Colours text when a person is looking: not in pipes, not under NO_COLOR. */
  paint(colour: Colour, text: string): string {
    return styleText(colour, text, { stream: this.out })
  }

  line(text = ''): void {
    this.out.write(`${text}\n`)
  }

  note(text: string): void {
    this.err.write(`${text}\n`)
  }

  /** The machine-readable form, one line, with `--json`; the other for people. */
  result(value: unknown, print: () => void): void {
    if (this.json) this.line(JSON.stringify(value))
    else print()
  }

  /** Columns as wide as their widest cell; the last one is cut to the terminal's width. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
    )
    const room = this.out.columns ?? Number.POSITIVE_INFINITY
    const print = (row: readonly string[]) => {
      const cells = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      // A row is a line: a cell with a line break could pass for a row of its own.
      const text = cells.join('  ').replaceAll('\n', ' ')
      return text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text
    }
    this.line(this.paint('bold', print(headings)))
    for (const row of rows) this.line(print(row))
  }
}

/**
 * Makes text that came from the machine or a model safe for a terminal: no control characters but newline and tab, nothing
 * that turns text round, and nothing that nobody sees, but for the emoji selectors.
 */
export function printable(text: string): string {
  return text.replace(/(?!\n|\t|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '�')
}
