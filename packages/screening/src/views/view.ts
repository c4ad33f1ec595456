/** A text as it is read, and where each of its units stood in the text that was given. */
export interface View {
  readonly text: string
  /** Original offset of unit `i`; one more than `text` has units, the last being the end. */
  readonly at: Uint32Array
  readonly via: readonly string[]
}

/** Collects a view unit by unit. */
export class ViewBuilder {
  readonly #parts: string[] = []
  #at: Uint32Array
  #length = 0

  constructor(expected: number) {
    this.#at = new Uint32Array(Math.max(16, expected + 1))
  }

  /** All of it stands for what begins at `origin`. */
  add(text: string, origin: number): void {
    this.#room(text.length)
    for (let unit = 0; unit < text.length; unit += 1) this.#at[this.#length++] = origin
    this.#parts.push(text)
  }

  /** A stretch whose units stand one beside the other in the original too. */
  addRun(text: string, origin: number): void {
    this.#room(text.length)
    for (let unit = 0; unit < text.length; unit += 1) this.#at[this.#length++] = origin + unit
    this.#parts.push(text)
  }

  build(end: number, via: readonly string[]): View {
    this.#room(0)
    this.#at[this.#length] = end
    return { text: this.#parts.join(''), at: this.#at.subarray(0, this.#length + 1), via }
  }

  #room(more: number): void {
    if (this.#length + more + 1 <= this.#at.length) return
    const grown = new Uint32Array((this.#length + more + 1) * 2)
    grown.set(this.#at)
    this.#at = grown
  }
}
