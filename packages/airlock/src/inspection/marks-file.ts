import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { CastellanError, EgressMark, SecretName, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../record/recorder.ts'
import { readState, writeState } from '../state/durable-file.ts'
import { Marks } from './marks.ts'

const KEY_BYTES = 32
const MAX_CANARIES = 256

const MarksFile = z.strictObject({
  version: z.literal(1),
  key: z.base64(),
  gateway: z.array(EgressMark),
  agentd: z.array(EgressMark),
  canaries: z
    .array(z.strictObject({ name: SecretName, added_at: Timestamp, marks: z.array(EgressMark) }))
    .max(MAX_CANARIES),
})
type State = z.output<typeof MarksFile>

/** Who tells the airlock of values, and what they are. */
const CLASS = { gateway: 'secret', agentd: 'canary' } as const

/** Marks on disk, so that a restart forgets none: of the gateway's credentials, of agentd's canaries, and of the owner's. */
export class MarksKeeper {
  readonly marks: Marks
  readonly #file: string
  readonly #recorder: Recorder
  #state: State
  #last: Promise<unknown> = Promise.resolve()

  private constructor(file: string, state: State, recorder: Recorder) {
    this.#file = file
    this.#state = state
    this.#recorder = recorder
    this.marks = new Marks(Buffer.from(state.key, 'base64'))
    this.#apply()
  }

  /** Throws `config_invalid` where the file is damaged: without it values would leave unrecognised. */
  static async open(folder: string, recorder: Recorder): Promise<MarksKeeper> {
    const file = join(folder, 'marks.json')
    const read = await readState(file, MarksFile)
    if (read.kind === 'damaged') {
      throw new CastellanError(
        'config_invalid',
        `${read.why}. Put it back, or move it away, restart the gateway, and plant canaries anew.`,
      )
    }
    if (read.kind === 'whole') return new MarksKeeper(file, read.value, recorder)
    const state: State = {
      version: 1,
      key: randomBytes(KEY_BYTES).toString('base64'),
      gateway: [],
      agentd: [],
      canaries: [],
    }
    await writeState(file, state)
    return new MarksKeeper(file, state, recorder)
  }

  get canaries(): { readonly name: string; readonly added_at: string }[] {
    return this.#state.canaries.map(({ name, added_at }) => ({ name, added_at }))
  }

  /** All that this process knows, in the place of what it knew before. On disk when it resolves. */
  put(source: keyof typeof CLASS, marks: readonly EgressMark[]): Promise<void> {
    return this.#change((state) => ({ ...state, [source]: [...marks] }))
  }

  /** Throws `conflict` (the name is taken, or there are too many), `egress_unrecorded`. */
  async plant(name: string, marks: readonly EgressMark[]): Promise<number> {
    const { canaries } = this.#state
    if (canaries.some((each) => each.name === name) || canaries.length >= MAX_CANARIES) {
      throw new CastellanError('conflict', `There is a canary ${name}, or there are ${MAX_CANARIES}. Remove one first.`)
    }
    const index = await this.#recorder.before({ type: 'egress_canary_planted', canary: name })
    const added_at = new Date().toISOString()
    await this.#change((state) => ({ ...state, canaries: [...state.canaries, { name, added_at, marks: [...marks] }] }))
    return index
  }

  /** Throws `not_found`, `egress_unrecorded`. */
  async remove(name: string): Promise<number> {
    if (!this.#state.canaries.some((each) => each.name === name)) {
      throw new CastellanError('not_found', `There is no canary ${name}.`)
    }
    const index = await this.#recorder.before({ type: 'egress_canary_removed', canary: name })
    await this.#change((state) => ({ ...state, canaries: state.canaries.filter((each) => each.name !== name) }))
    return index
  }

  #change(next: (state: State) => State): Promise<void> {
    const turn = this.#last.then(async () => {
      const state = next(this.#state)
      await writeState(this.#file, state)
      this.#state = state
      this.#apply()
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #apply(): void {
    for (const source of ['gateway', 'agentd'] as const) this.marks.set(source, CLASS[source], this.#state[source])
    this.marks.set(
      'owner',
      'canary',
      this.#state.canaries.flatMap(({ marks }) => marks),
    )
  }
}
