import { count, percent, size } from '../tools/words.ts'
import { always, fine, type Ground, type Rule, suggest } from './rule.ts'

const GB = 1e9
/** From here on garbage is worth collecting by itself: so much of it, or so little room left. */
const MUCH_DEAD_BYTES = 10 * GB
const LITTLE_FREE = 0.2
/** Generations of which each keeps its own versions of most packages. */
const MANY_GENERATIONS = 5
const LARGE_STORE_BYTES = 20 * GB

/** What the Nix store takes. */
export const storeRules: readonly Rule[] = [
  {
    id: 'store-gc',
    title: 'Collect garbage in the Nix store by itself',
    option: 'nix.gc.automatic',
    value: always(true),
    cost:
      'Every night what no generation needs is deleted; building it again means fetching it again. ' +
      'Generations stay: generation_prune removes those.',
    look: async (ground) => {
      if (await timerRuns(ground, 'nix-gc.timer')) return fine('nix-gc.timer collects garbage already.')
      const { deadBytes, freeBytes, totalBytes } = await ground.host.nix.store.usage(ground.signal)
      const figures = { deadBytes, freeBytes, totalBytes }
      const evidence = `${size(deadBytes)} of the Nix store nothing needs; its disk has ${size(freeBytes)} free (${percent(freeBytes, totalBytes)}).`
      const tight = freeBytes < LITTLE_FREE * totalBytes && deadBytes > GB
      return deadBytes >= MUCH_DEAD_BYTES || tight ? suggest(evidence, figures) : fine(evidence, figures)
    },
  },
  {
    id: 'store-optimise',
    title: 'Keep files that are the same in the Nix store once',
    option: 'nix.optimise.automatic',
    value: always(true),
    cost: 'A nightly run reads the whole store once and links files that are the same; the first one takes long and loads the disk.',
    look: async (ground) => {
      if (await timerRuns(ground, 'nix-optimise.timer')) return fine('nix-optimise.timer does so already.')
      const [{ bytes, paths }, generations] = await Promise.all([
        ground.host.nix.store.usage(ground.signal),
        ground.host.nix.generations(ground.signal),
      ])
      const figures = { storeBytes: bytes, storePaths: paths, generations: generations.length }
      const evidence = `The store holds ${size(bytes)} in ${count(paths, 'path')} for ${count(generations.length, 'generation')}.`
      const much = bytes >= LARGE_STORE_BYTES && generations.length >= MANY_GENERATIONS
      return much ? suggest(evidence, figures) : fine(evidence, figures)
    },
  },
]

/** Whether a timer is loaded and will fire. Throws `unsupported_host` without systemd. */
export async function timerRuns({ host, signal }: Ground, name: string): Promise<boolean> {
  const timers = await host.systemd.timers(signal)
  return timers.some(({ timer, next }) => timer === name && next !== null)
}
