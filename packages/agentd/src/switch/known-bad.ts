import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { StateFile } from '../state/state-file.ts'
import { StorePath, SwitchId } from './record.ts'

/** The newest so many are remembered. */
const REMEMBERED = 500

const KnownBad = z.strictObject({ path: StorePath, switchId: SwitchId, at: Timestamp, reason: z.string().max(2000) })
export type KnownBad = z.infer<typeof KnownBad>

export const KnownBadFile = z.strictObject({ systems: z.array(KnownBad) })

/** Systems that were rolled back from. They are not tried again by themselves: the same store path fails the same way. */
export class KnownBadList {
  readonly #file: StateFile<typeof KnownBadFile>
  #systems: readonly KnownBad[]

  private constructor(file: StateFile<typeof KnownBadFile>, systems: readonly KnownBad[]) {
    this.#file = file
    this.#systems = systems
  }

  static async open(file: StateFile<typeof KnownBadFile>): Promise<KnownBadList> {
    return new KnownBadList(file, (await file.load())?.systems ?? [])
  }

  all(): readonly KnownBad[] {
    return this.#systems
  }

  find(path: string): KnownBad | undefined {
    return this.#systems.find((system) => system.path === path)
  }

  async add(system: KnownBad): Promise<void> {
    await this.#save([system, ...this.#systems.filter(({ path }) => path !== system.path)].slice(0, REMEMBERED))
  }

  /** It was committed after all. */
  async remove(path: string): Promise<void> {
    if (this.find(path) !== undefined) await this.#save(this.#systems.filter((system) => system.path !== path))
  }

  async #save(systems: readonly KnownBad[]): Promise<void> {
    await this.#file.save({ systems: [...systems] })
    this.#systems = systems
  }
}
