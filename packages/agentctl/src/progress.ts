import type { Terminal } from './terminal.ts'

const REDRAW_MS = 100
const WIDTH = 30

/** A progress bar on standard error, only where a person is looking. */
export class Progress {
  readonly #terminal: Terminal
  readonly #unit: string
  #drawnAt = 0

  constructor(terminal: Terminal, unit: string) {
    this.#terminal = terminal
    this.#unit = unit
  }

  update(done: number, total: number): void {
    const { err, json } = this.#terminal
    if (json || err.isTTY !== true || performance.now() - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = performance.now()
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')
    err.write(`\r${bar} ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${this.#unit}`)
  }

  /** Takes the bar away again. */
  end(): void {
    if (this.#drawnAt > 0) this.#terminal.err.write('\r\u001b[K')
  }
}
