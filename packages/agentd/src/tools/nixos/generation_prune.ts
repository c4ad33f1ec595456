import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import type { Generation } from '../../host/nix.ts'
import { defineTool } from '../define.ts'
import { count, list, moment } from '../words.ts'

const Pruned = z.strictObject({ number: z.int(), createdAt: Timestamp, path: z.string() })

const input = z.strictObject({
  keep: z.int().min(1).max(1000).default(5).describe('Keep at least so many of the newest. Default 5.'),
  olderThanDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(30)
    .describe('Only those made earlier than so many days ago. Default 30.'),
})

export const generationPrune = defineTool({
  name: 'generation_prune',
  title: 'Prune generations',
  description:
    'Forgets old NixOS generations, so that store_gc can free what only they need. Never the current, running, booted, staged or last known good one.',
  input,
  output: z.strictObject({
    pruned: z.array(Pruned),
    kept: z.array(z.strictObject({ number: z.int(), why: z.string() })),
  }),
  effect: 'destroy',
  undo: 'none',
  limits: { timeoutMs: 120_000, outputBytes: 256 * 1024, perMinute: 30 },
  summary: ({ pruned, kept }) =>
    pruned.length === 0
      ? `Nothing to prune: all ${count(kept.length, 'generation')} are kept.`
      : `Forgot ${count(pruned.length, 'generation')} (${list(pruned.map(({ number }) => String(number)))}); ${kept.length} are kept. store_gc frees what only they needed.`,
  resources: async (given, host) => {
    const { pruned } = await select(given, host, AbortSignal.timeout(5000))
    return pruned.map(({ number }) => ({ kind: 'generation', id: String(number), access: 'write' }))
  },
  preview: async (given, { host, signal }) => {
    const { pruned, kept } = await select(given, host, signal)
    return {
      effects: [
        ...pruned
          .slice(0, 50)
          .map(({ number, createdAt, path }) => `Forgets generation ${number} of ${moment(createdAt)} (${path}).`),
        ...(pruned.length > 50 ? [`And ${pruned.length - 50} more.`] : []),
        `Keeps ${list(
          kept.map(({ number, why }) => `${number} (${why})`),
          12,
        )}.`,
      ],
      undo: 'A forgotten generation cannot be gone back to, unless its system is still in the store.',
    }
  },
  run: async (given, { host, signal }) => {
    const { pruned, kept } = await select(given, host, signal)
    await host.nix.deleteGenerations(
      pruned.map(({ number }) => number),
      signal,
    )
    return {
      pruned: pruned.map(({ number, createdAt, path }) => ({ number, createdAt: createdAt.toISOString(), path })),
      kept: [...kept],
    }
  },
})

async function select({ keep, olderThanDays }: z.infer<typeof input>, host: Host, signal: AbortSignal) {
  const all = await host.nix.generations(signal)
  const sacred = await neverPruned(host)
  const before = Date.now() - olderThanDays * 86_400_000
  const pruned: Generation[] = []
  const kept: { number: number; why: string }[] = []
  for (const [index, generation] of all.entries()) {
    const why = generation.current
      ? 'current'
      : (sacred.get(generation.path) ??
        (index < keep ? 'among the newest' : generation.createdAt.getTime() >= before ? 'young' : undefined))
    if (why === undefined) pruned.push(generation)
    else kept.push({ number: generation.number, why })
  }
  return { pruned, kept }
}

/** Systems that must stay, and why: what runs, what booted, what the newest switches would go back to or wait for. */
async function neverPruned(host: Host): Promise<ReadonlyMap<string, string>> {
  const sacred = new Map<string, string>()
  const switches = await host.switch.list()
  const open = host.switch.current()
  const newest = switches.find(({ phase }) => phase === 'committed')
  for (const record of [newest, open]) {
    if (record === undefined) continue
    sacred.set(record.from.path, 'last known good')
    sacred.set(record.to.path, record === open ? 'being switched to' : 'last known good')
  }
  const booted = await host.nix.booted()
  if (booted !== null) sacred.set(booted, 'booted')
  sacred.set((await host.nix.running()).path, 'running')
  return sacred
}
