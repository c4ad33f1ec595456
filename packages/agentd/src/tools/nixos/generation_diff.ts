import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { sentencesOf } from './changes.ts'

const Package = z.strictObject({
  name: z.string(),
  before: z.array(z.string()).describe('Versions then; none where it was added.'),
  after: z.array(z.string()),
})

/** Units that each list shows at most. */
const MOST_UNITS = 60

const generationField = (what: string) => z.int().min(1).max(999_999_999).optional().describe(what)

export const generationDiff = defineTool({
  name: 'generation_diff',
  title: 'Generation diff',
  description:
    'What lies between two NixOS generations: packages with versions, units added, removed, changed and restarted, and the size of each. Needs no network.',
  input: z.strictObject({
    from: generationField('The generation to start from. Default the system that runs.'),
    to: generationField('The generation to compare with it. Default the newest.'),
  }),
  output: z.strictObject({
    from: z.strictObject({ generation: z.int().nullable(), path: z.string() }),
    to: z.strictObject({ generation: z.int().nullable(), path: z.string() }),
    packages: z.array(Package),
    packagesTotal: z.int(),
    units: z.strictObject({
      added: z.array(z.string()),
      removed: z.array(z.string()),
      changed: z.array(z.string()),
      restarted: z.array(z.string()).describe('Of the changed ones: restarted by a switch where they run.'),
      reloaded: z.array(z.string()),
      kept: z.array(z.string()).describe('Of the changed ones: left as they run.'),
    }),
    closureBytesBefore: z.int(),
    closureBytesAfter: z.int(),
    words: z.array(z.string()),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000 },
  summary: ({ from, to, words }) => {
    const name = ({ generation, path }: { generation: number | null; path: string }) =>
      generation === null ? path : `generation ${generation}`
    return from.path === to.path
      ? `${name(from)} and ${name(to)} are the same system.`
      : `From ${name(from)} to ${name(to)}: ${words.join(' ')}`
  },
  resources: ({ from, to }) =>
    [from, to].flatMap((number) =>
      number === undefined ? [] : [{ kind: 'generation' as const, id: String(number), access: 'read' as const }],
    ),
  run: async ({ from, to }, { host, signal }) => {
    const before = from === undefined ? await host.nix.running() : await named(host.nix.generation(from, signal))
    const newest = (await host.nix.generations(signal))[0]?.number ?? 0
    const after = await named(host.nix.generation(to ?? newest, signal))
    const changes = await host.nix.changes(before.path, after.path, signal)
    const { added, removed, changed } = changes.packages
    const all = [...changed, ...added, ...removed].sort((left, right) => (left.name < right.name ? -1 : 1))
    const packages = fitting(all, 32 * 1024).map(({ name, before, after }) => ({
      name,
      before: [...before],
      after: [...after],
    }))
    const { units } = changes
    const cut = Object.values(units).some((names: readonly string[]) => names.length > MOST_UNITS)
    return {
      from: { ...before },
      to: after,
      packages,
      packagesTotal: all.length,
      units: {
        added: units.added.slice(0, MOST_UNITS),
        removed: units.removed.slice(0, MOST_UNITS),
        changed: units.changed.slice(0, MOST_UNITS),
        restarted: units.restarted.slice(0, MOST_UNITS),
        reloaded: units.reloaded.slice(0, MOST_UNITS),
        kept: units.kept.slice(0, MOST_UNITS),
      },
      closureBytesBefore: changes.closureBytesBefore,
      closureBytesAfter: changes.closureBytesAfter,
      words: [...sentencesOf(changes)],
      truncated: cut || packages.length < all.length,
    }
  },
})

async function named(generation: Promise<{ readonly number: number; readonly path: string }>) {
  const { number, path } = await generation
  return { generation: number, path }
}
