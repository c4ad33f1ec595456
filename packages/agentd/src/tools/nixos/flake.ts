import { CastellanError, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { type FlakeInput, inputsOf } from '../../host/nixos/flake.ts'
import { defineTool, readLimits } from '../define.ts'
import { unifiedDiff } from '../diff.ts'
import { count, list, moment } from '../words.ts'

const Input = z.strictObject({
  name: z.string(),
  reference: z.string(),
  revision: z.string().nullable(),
  lastModifiedAt: Timestamp.nullable(),
})

export const flakeStatus = defineTool({
  name: 'flake_status',
  title: 'Flake status',
  description:
    "What the flake of this host's configuration is pinned to: each input with revision and date, and whether files in it are not committed.",
  input: z.strictObject({}),
  output: z.strictObject({
    folder: z.string(),
    configuration: z.string(),
    locked: z.boolean(),
    inputs: z.array(Input),
    uncommitted: z
      .array(z.string())
      .nullable()
      .describe('As git status prints it, at most 50; null without a git repository.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ folder, inputs, uncommitted }) => {
    const oldest = inputs.flatMap(({ lastModifiedAt, name }) =>
      lastModifiedAt === null ? [] : [{ at: lastModifiedAt, name }],
    )
    const first = oldest.sort((left, right) => (left.at < right.at ? -1 : 1))[0]
    const age = first === undefined ? '' : ` The oldest is ${first.name}, of ${moment(first.at)}.`
    const open =
      uncommitted === null || uncommitted.length === 0 ? '' : ` ${count(uncommitted.length, 'file')} not committed.`
    const names = inputs.length === 0 ? '' : `: ${list(inputs.map(({ name }) => name))}`
    return `The flake ${folder} has ${count(inputs.length, 'input')}${names}.${age}${open}`
  },
  taints: () => ['untrusted-text'],
  run: async (_input, { host, signal }) => {
    const flake = await host.nixos.flake()
    const [lock, uncommitted, { words }] = [
      await flake.lock(),
      await flake.uncommitted(signal),
      await host.nixos.source(),
    ]
    return {
      folder: flake.folder,
      configuration: words,
      locked: lock !== undefined,
      inputs: [...(lock === undefined ? [] : inputsOf(lock))],
      uncommitted: uncommitted?.slice(0, 50) ?? null,
    }
  },
})

/** The lock before and after; null where there was none. */
const LockInverse = z.strictObject({ before: z.string().nullable(), after: z.string() })

export const flakeUpdate = defineTool({
  name: 'flake_update',
  title: 'Update the flake',
  description:
    "Brings inputs of the configuration's flake up to date in flake.lock, and commits that where the flake is in git. Needs network; builds and activates nothing.",
  input: z.strictObject({
    inputs: z
      .array(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be the name of an input'))
      .max(50)
      .default([])
      .describe('Names of inputs, as flake_status shows them. Default all.'),
  }),
  output: z.strictObject({
    lockFile: z.string(),
    changed: z.array(z.strictObject({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
    committed: z.boolean(),
  }),
  effect: 'change',
  undo: 'generation',
  limits: { timeoutMs: 900_000, outputBytes: 64 * 1024, perMinute: 10 },
  summary: ({ changed, lockFile }) =>
    changed.length === 0
      ? `Nothing is newer; ${lockFile} is as it was.`
      : `Updated ${list(changed.map(({ name }) => name))} in ${lockFile}. nixos_build builds the system with it.`,
  resources: async (_input, host) => {
    const flake = await host.nixos.flake().catch(() => undefined)
    return flake === undefined ? [] : [{ kind: 'path', id: flake.lockFile, access: 'write' }]
  },
  preview: async ({ inputs }, { host }) => {
    const flake = await host.nixos.flake()
    const known = await flake.inputs()
    refuseUnknown(inputs, known)
    const which = known.filter(({ name }) => inputs.length === 0 || inputs.includes(name))
    return {
      effects: [
        ...which.map(
          ({ name, reference, lastModifiedAt }) =>
            `Looks for a newer ${name} (${reference}${lastModifiedAt === null ? '' : `, now of ${moment(lastModifiedAt)}`}).`,
        ),
        `Writes ${flake.lockFile}. Nothing is built or activated.`,
      ],
      undo: 'Undo puts the lock back as it is now.',
    }
  },
  run: async ({ inputs }, { host, call, keepInverse, progress, signal }) => {
    const flake = await host.nixos.flake()
    const before = await flake.lock()
    if (before !== undefined) refuseUnknown(inputs, inputsOf(before))
    progress({ message: 'asking for newer inputs' })
    const after = await flake.updatedLock(inputs, signal)
    const changed = compare(before, after)
    if (after === before) return { lockFile: flake.lockFile, changed: [], committed: false }
    await keepInverse({
      description: `Puts ${flake.lockFile} back as it was.`,
      data: { before: before ?? null, after },
    })
    await flake.writeLock(after)
    const committed = await flake.commitLock(
      `Update ${list(changed.map(({ name }) => name)) || 'flake.lock'}\n\n${call.agent}, ${call.call_id}`,
      signal,
    )
    return { lockFile: flake.lockFile, changed, committed }
  },
  revert: async (data, { host, force, keepInverse, signal }) => {
    const inverse = LockInverse.parse(data)
    const flake = await host.nixos.flake()
    const now = await flake.lock()
    if (now !== inverse.after && !force) {
      throw new CastellanError('world_moved_on', `${flake.lockFile} was changed since. The operator can insist.`)
    }
    await keepInverse({
      description: `Puts ${flake.lockFile} back as it was.`,
      data: { before: now ?? null, after: inverse.before ?? '' },
    })
    await flake.writeLock(inverse.before ?? undefined)
    await flake.commitLock('Take back an update of flake.lock', signal)
    return { summary: `${flake.lockFile} is as it was before the update.` }
  },
  revertPreview: async (data, { host }) => {
    const { before, after } = LockInverse.parse(data)
    const flake = await host.nixos.flake()
    const now = await flake.lock()
    const diff = unifiedDiff(
      flake.lockFile,
      now === undefined ? null : Buffer.from(now),
      before === null ? null : Buffer.from(before),
    )
    return {
      effects: [`Puts ${flake.lockFile} back as it was before the update. Systems that were built with it stay.`],
      ...(diff === undefined ? {} : { diff }),
      undo: 'Undoing that puts the update back.',
      ...(now === after ? {} : { movedOn: `${flake.lockFile} was changed since.` }),
    }
  },
})

function refuseUnknown(wanted: readonly string[], known: readonly FlakeInput[]): void {
  const missing = wanted.filter((name) => !known.some((input) => input.name === name))
  if (missing.length === 0) return
  throw new CastellanError(
    'not_found',
    `The flake has no input ${list(missing)}. It has ${list(
      known.map(({ name }) => name),
      20,
    )}.`,
  )
}

function compare(before: string | undefined, after: string) {
  const old = new Map((before === undefined ? [] : inputsOf(before)).map((input) => [input.name, input.revision]))
  return inputsOf(after)
    .filter(({ name, revision }) => old.get(name) !== revision || !old.has(name))
    .map(({ name, revision }) => ({ name, before: old.get(name) ?? null, after: revision }))
}
