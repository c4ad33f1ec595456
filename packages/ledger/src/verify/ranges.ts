/** A set of indexes that come in ascending order, kept as ranges: a million neighbours take the room of one. */
export class IndexRanges {
  readonly #ranges: [first: number, last: number][] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(index: number): void {
    const newest = this.#ranges.at(-1)
    if (newest !== undefined && newest[1] === index - 1) newest[1] = index
    else this.#ranges.push([index, index])
    this.#count += 1
  }

  /** The parts of this set that none of `others` covers. */
  without(others: readonly (readonly [first: number, last: number])[]): [first: number, last: number][] {
    let left = this.#ranges.map(([first, last]) => [first, last] as [number, number])
    for (const [from, to] of others) {
      left = left.flatMap(([first, last]) => {
        if (to < first || from > last) return [[first, last] as [number, number]]
        const parts: [number, number][] = []
        if (first < from) parts.push([first, from - 1])
        if (last > to) parts.push([to + 1, last])
        return parts
      })
    }
    return left
  }
}
