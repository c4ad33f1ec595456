import { BlockCoverage } from './coverage.ts'

/** 32-bit xorshift (Marsaglia 2003): small, and the same everywhere. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % limit
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}

/** Numbers at which arithmetic turns. */
const turns = [
  0n,
  1n,
  2n,
  7n,
  8n,
  31n,
  32n,
  255n,
  65_535n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]

function mutate(dice: Dice, parent: Buffer, other: Buffer): Buffer {
  const child = Buffer.from(parent)
  if (child.length < 16) return Buffer.concat([child, other.subarray(0, 64)])
  const at = dice.below(child.length - 8)
  switch (dice.below(8)) {
    case 0:
      child[at] = (child[at] as number) ^ (1 << dice.below(8))
      return child
    case 1:
      child[at] = dice.below(256)
      return child
    case 2:
      child.writeBigUInt64LE(dice.pick(turns), at)
      return child
    case 3:
      child.writeUInt32LE(Number(dice.pick(turns) & 0xffff_ffffn), at)
      return child
    case 4:
      return child.subarray(0, at)
    case 5: {
      const end = Math.min(child.length, at + 1 + dice.below(64))
      return Buffer.concat([child.subarray(0, at), child.subarray(end)])
    }
    case 6: {
      const from = dice.below(Math.max(1, other.length - 8))
      return Buffer.concat([child.subarray(0, at), other.subarray(from, from + 1 + dice.below(96)), child.subarray(at)])
    }
    default: {
      const end = Math.min(child.length, at + 1 + dice.below(64))
      return Buffer.concat([child.subarray(0, end), child.subarray(at)])
    }
  }
}

export interface FuzzRun {
  readonly seeds: readonly Buffer[]
  /** Only what these sources' blocks do counts as news. */
  readonly sources: string
  readonly seed: number
  /** Goes on while this says so, given how many inputs were tried. */
  readonly goOn: (tried: number) => boolean
  /** Runs one input; throws where the program under test misbehaves. */
  readonly run: (input: Buffer) => void
}

/** Mutates inputs, keeps those that reach blocks which none before had reached, and mutates these on. */
export function fuzz({ seeds, sources, seed, goOn, run }: FuzzRun): { tried: number; kept: number; blocks: number } {
  const dice = new Dice(seed)
  const coverage = new BlockCoverage(sources)
  const seen = new Set<string>()
  const kept: Buffer[] = []
  let tried = 0
  const attempt = (input: Buffer): void => {
    tried += 1
    try {
      run(input)
    } catch (error) {
      throw new Error(`input ${input.subarray(0, 4096).toString('base64')} (seed ${seed})`, { cause: error })
    }
    const news = coverage.take().filter((block) => !seen.has(block))
    if (news.length === 0) return
    for (const block of news) seen.add(block)
    kept.push(input)
  }
  try {
    for (const input of seeds) attempt(input)
    while (goOn(tried)) {
      let input = dice.pick(kept)
      for (let times = 1 + dice.below(4); times > 0; times--) input = mutate(dice, input, dice.pick(kept))
      if (input.length <= 65_536) attempt(input)
      else tried += 1
    }
  } finally {
    coverage.close()
  }
  return { tried, kept: kept.length, blocks: seen.size }
}
