import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { packageOf } from '../../host/nix/packages.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, textField, truncatedField } from '../fields.ts'
import { count, list, percent, size } from '../words.ts'

const Sized = z.strictObject({ path: z.string(), bytes: z.int() })

export const storeUsage = defineTool({
  name: 'store_usage',
  title: 'Nix store usage',
  description:
    'How much the Nix store holds, how much of it nothing needs any more, what is largest in it, and how much room its disk has.',
  input: z.strictObject({}),
  output: z.strictObject({
    paths: z.int(),
    bytes: z.int(),
    deadPaths: z.int(),
    deadBytes: z.int().describe('What store_gc would free.'),
    freeBytes: z.int().describe('Room left on the disk of the store.'),
    totalBytes: z.int(),
    largest: z.array(Sized),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 120_000, perMinute: 60 },
  summary: ({ paths, bytes, deadPaths, deadBytes, freeBytes, totalBytes }) =>
    `The store holds ${size(bytes)} in ${count(paths, 'path')}; ${size(deadBytes)} of it (${count(deadPaths, 'path')}) nothing needs. ` +
    `Its disk has ${size(freeBytes)} free (${percent(freeBytes, totalBytes)}).`,
  run: async (_input, { host, signal }) => {
    const usage = await host.nix.store.usage(signal)
    return { ...usage, largest: usage.largest.map((one) => ({ ...one })) }
  },
})

export const storeGc = defineTool({
  name: 'store_gc',
  title: 'Collect garbage',
  description:
    'Deletes from the Nix store what nothing needs: no generation, no running system, no build that is kept. generation_prune comes first.',
  input: z.strictObject({
    maxFreedBytes: z
      .int()
      .min(1)
      .optional()
      .describe('Stop after about so many bytes. Without it everything that is dead goes.'),
  }),
  output: z.strictObject({ deletedPaths: z.int(), freedBytes: z.int() }),
  effect: 'destroy',
  undo: 'none',
  limits: { timeoutMs: 3_600_000, outputBytes: 16 * 1024, perMinute: 10 },
  summary: ({ deletedPaths, freedBytes }) =>
    deletedPaths === 0
      ? 'There was nothing to free.'
      : `Deleted ${count(deletedPaths, 'path')} and freed ${size(freedBytes)}.`,
  resources: () => [{ kind: 'machine', id: 'nix-store', access: 'write' }],
  preview: async ({ maxFreedBytes }, { host, signal }) => {
    const dead = await host.nix.store.dead(signal)
    const bytes = await host.nix.store.deadBytes(dead, signal)
    const most = maxFreedBytes === undefined ? '' : `, of which about ${size(maxFreedBytes)} at most`
    return {
      effects: [
        dead.length === 0
          ? 'Nothing is dead, so nothing would be deleted.'
          : `Deletes ${count(dead.length, 'store path')} of ${size(bytes)}${most}.`,
        ...dead.slice(0, 20).map((path) => path),
        ...(dead.length > 20 ? [`And ${dead.length - 20} more.`] : []),
      ],
      undo: 'What is deleted has to be built or fetched again.',
    }
  },
  run: async ({ maxFreedBytes }, { host, progress, signal }) => {
    progress({ message: 'looking for what nothing needs' })
    const { paths, bytes } = await host.nix.store.collect(maxFreedBytes, signal)
    return { deletedPaths: paths, freedBytes: bytes }
  },
})

export const storeVerify = defineTool({
  name: 'store_verify',
  title: 'Verify the Nix store',
  description:
    'Whether the paths of the Nix store are there and, with contents, still what was built. Looks at what the running system needs, or at all of it.',
  input: z.strictObject({
    scope: z
      .enum(['running', 'all'])
      .default('running')
      .describe('What the running system needs, or the whole store. Default running.'),
    contents: z.boolean().default(false).describe('Hash every file as well, which reads all of it. Default false.'),
  }),
  output: z.strictObject({
    ok: z.boolean(),
    checkedPaths: z.int(),
    damaged: z.array(z.strictObject({ path: z.string(), problem: z.enum(['missing', 'modified']) })),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 3_600_000, perMinute: 10 },
  summary: ({ ok, checkedPaths, damaged }, { contents }) =>
    ok
      ? `Looked at ${count(checkedPaths, 'path')}: nothing is missing${contents ? ', and all is as it was built' : ''}.`
      : `${count(damaged.length, 'path')} of ${checkedPaths} damaged: ${list(damaged.map(({ path, problem }) => `${path} (${problem})`))}. \`nix-store --repair-path\` mends one.`,
  run: async ({ scope, contents }, { host, progress, signal }) => {
    const { store } = host.nix
    const paths =
      scope === 'all' ? await store.paths(signal) : await store.closure((await host.nix.running()).path, signal)
    const all = await store.damaged(paths, contents, progress, signal)
    const damaged = fitting(all, 48 * 1024)
    return {
      ok: all.length === 0,
      checkedPaths: paths.length,
      damaged: damaged.map((one) => ({ ...one })),
      truncated: damaged.length < all.length,
    }
  },
})

const Package = z.strictObject({ name: z.string(), version: z.string(), path: z.string() })

export const packageList = defineTool({
  name: 'package_list',
  title: 'Packages',
  description:
    'Packages of this host with versions: those the running system offers as programs, everything it needs, or what people installed into their own profiles.',
  input: z.strictObject({
    scope: z
      .enum(['system', 'closure', 'profiles'])
      .default('system')
      .describe(
        '"system" what it offers, "closure" everything it needs, "profiles" what users installed. Default system.',
      ),
    name: textField(200).default('').describe('Only packages with this in their name.'),
    limit: limitField(1000, 200, 'packages'),
    offset: offsetField('packages'),
  }),
  output: z.strictObject({ packages: z.array(Package), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 60_000, outputBytes: 128 * 1024 },
  summary: ({ packages, total }) =>
    total === 0
      ? 'There is no such package.'
      : `${count(total, 'package')}: ${list(
          packages.map(({ name, version }) => [name, version].filter(Boolean).join(' ')),
          8,
        )}.`,
  run: async ({ scope, name, limit, offset }, { host, signal }) => {
    const paths = await pathsOf(scope, host, signal)
    const all = paths
      .map((path) => ({ ...packageOf(path), path }))
      .filter(
        (one) => one.name.toLowerCase().includes(name.toLowerCase()) && (scope !== 'closure' || one.version !== ''),
      )
      .sort((left, right) => (`${left.name} ${left.path}` < `${right.name} ${right.path}` ? -1 : 1))
    const packages = fitting(all.slice(offset, offset + limit), 120 * 1024)
    return { packages, total: all.length, truncated: offset + packages.length < all.length }
  },
})

async function pathsOf(scope: 'system' | 'closure' | 'profiles', host: Host, signal: AbortSignal) {
  const { store } = host.nix
  if (scope === 'profiles') return (await store.userProfiles(signal)).flatMap(({ packages }) => packages)
  const { path } = await host.nix.running()
  return scope === 'closure' ? store.closure(path, signal) : store.references(`${path}/sw`, signal)
}
