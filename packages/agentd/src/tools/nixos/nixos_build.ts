import { z } from 'zod'
import { defineTool } from '../define.ts'
import { count } from '../words.ts'
import { sentencesOf } from './changes.ts'

export const nixosBuild = defineTool({
  name: 'nixos_build',
  title: 'Build the system',
  description:
    'Builds the configured NixOS system without activating it, and says what would change. switch_begin switches to the path it answers.',
  input: z.strictObject({
    offline: z.boolean().default(false).describe('Fetch nothing: only what is on this host already. Default false.'),
  }),
  output: z.strictObject({
    path: z.string().describe('Store path of the system.'),
    built: z.int().describe('Derivations that were built.'),
    fetched: z.int().describe('Paths that were fetched.'),
    sameAsRunning: z.boolean(),
    changes: z.array(z.string()),
    durationMs: z.int(),
  }),
  effect: 'change',
  undo: 'none',
  limits: { timeoutMs: 4 * 3_600_000, outputBytes: 64 * 1024, perMinute: 10 },
  summary: ({ path, built, sameAsRunning, changes }) =>
    sameAsRunning
      ? `${path} is what runs already; ${count(built, 'derivation')} built.`
      : `Built ${path}, ${count(built, 'derivation')} anew. ${changes.join(' ')}`,
  resources: async (_input, host) => {
    const { folder } = await host.nixos.source().catch(() => ({ folder: null }))
    return [
      { kind: 'machine', id: 'nix-store', access: 'write' },
      ...(folder === null ? [] : [{ kind: 'path' as const, id: folder, access: 'read' as const }]),
    ]
  },
  preview: async ({ offline }, { host }) => {
    const { words } = await host.nixos.source()
    return {
      effects: [
        `Builds the system of ${words}${offline ? ' from what is on this host' : ', fetching what is missing'}.`,
        'Nothing is activated; the store grows until store_gc.',
      ],
      undo: 'There is nothing to take back: what was built is garbage until something uses it.',
    }
  },
  run: async ({ offline }, { host, progress, signal }) => {
    const startedAt = performance.now()
    const build = await host.nixos.build(!offline, progress, signal)
    const running = await host.nix.running().catch(() => null)
    const changes = running === null ? [] : sentencesOf(await host.nix.changes(running.path, build.path, signal))
    const sameAsRunning = running?.path === build.path
    return { ...build, sameAsRunning, changes: [...changes], durationMs: Math.round(performance.now() - startedAt) }
  },
})
