import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { CastellanError, type ToolLimits } from '@castellan/contracts'
import { z } from 'zod'
import { undoApply } from '../../src/tools/accountability/undo_apply.ts'
import { defineTool, type Tool } from '../../src/tools/define.ts'

const limits: ToolLimits = { timeoutMs: 5000, outputBytes: 4096, perMinute: 10_000 }
const nothing = z.strictObject({})

const echo = defineTool({
  name: 'test_echo',
  title: 'Echo',
  description: 'Says what it was told.',
  input: z.strictObject({ text: z.string().default('hello'), nested: z.strictObject({ depth: z.int() }).optional() }),
  output: z.strictObject({ text: z.string() }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: ({ text }) => `It said ${text}.`,
  run: async ({ text }) => ({ text }),
})

/** Cuts a character in two, in its result and in its summary. */
const cut = defineTool({
  ...echo,
  name: 'test_cut',
  summary: ({ text }: { text: string }) => `It said ${text}.`,
  run: async ({ text }: { text: string }) => ({ text: text.slice(0, 1) }),
} as never)

const rare = defineTool({ ...echo, name: 'test_rare', limits: { ...limits, perMinute: 2 } } as never)

/** Writes a file anywhere; its inverse is what was there before. */
const note = defineTool({
  name: 'test_note',
  title: 'Note',
  description: 'Writes a file.',
  input: z.strictObject({ path: z.string(), text: z.string() }),
  output: z.strictObject({ path: z.string() }),
  effect: 'change',
  undo: 'inverse',
  limits,
  summary: ({ path }) => `Wrote ${path}.`,
  run: async ({ path, text }, context) => {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : null
    await context.keepInverse({ description: `Puts ${path} back as it was.`, data: { path, before, after: text } })
    writeFileSync(path, text)
    return { path }
  },
  revert: async (data, context) => {
    const { path, before, after } = z
      .strictObject({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() })
      .parse(data)
    const present = existsSync(path) ? readFileSync(path, 'utf8') : null
    if (present !== after && !context.force) {
      throw new CastellanError('world_moved_on', `${path} was changed since. The operator can insist.`)
    }
    const description = `Puts ${path} back as it was before the undo.`
    await context.keepInverse({ description, data: { path, before: present, after: before } })
    if (before === null) rmSync(path, { force: true })
    else writeFileSync(path, before)
    return { summary: `${path} is as it was.` }
  },
})

const wipe = defineTool({
  name: 'test_wipe',
  title: 'Wipe',
  description: 'Removes a file for good.',
  input: z.strictObject({ path: z.string() }),
  output: nothing,
  effect: 'destroy',
  undo: 'none',
  limits,
  summary: () => 'Gone.',
  run: async ({ path }) => {
    rmSync(path)
    return {}
  },
})

/** Counts its runs in a file, one byte a run, so that a process apart can be counted too. */
const count = defineTool({
  name: 'test_count',
  title: 'Count',
  description: 'Adds one byte to a file.',
  input: z.strictObject({ path: z.string() }),
  output: nothing,
  effect: 'change',
  undo: 'none',
  limits,
  summary: () => 'Counted.',
  run: async ({ path }) => {
    writeFileSync(path, '+', { flag: 'a' })
    return {}
  },
})

const slow = defineTool({
  name: 'test_slow',
  title: 'Slow',
  description: 'Waits.',
  input: z.strictObject({ ms: z.int() }),
  output: nothing,
  effect: 'read',
  undo: 'none',
  limits: { ...limits, timeoutMs: 100 },
  summary: () => 'Waited.',
  run: ({ ms }, { signal }) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve({}), ms)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    }),
})

/** Runs until its caller goes away. */
const endless = defineTool({ ...slow, name: 'test_endless', limits: { ...limits, timeoutMs: 60_000 } } as never)

const large = defineTool({
  name: 'test_large',
  title: 'Large',
  description: 'Says more than it may.',
  input: nothing,
  output: z.strictObject({ text: z.string() }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: () => 'Much.',
  run: async () => ({ text: 'x'.repeat(5000) }),
})

const liar = defineTool({ ...echo, name: 'test_liar', run: async () => ({ words: 1 }) } as never)

const failing = defineTool({
  ...echo,
  name: 'test_failing',
  run: async ({ text }: { text: string }) => {
    if (text === 'known') throw new CastellanError('unit_not_found', 'There is no such unit.')
    throw new Error('boom with cst_secretsecretsecret')
  },
} as never)

export const testTools: readonly Tool[] = [
  echo,
  cut,
  rare,
  note,
  wipe,
  count,
  slow,
  endless,
  large,
  liar,
  failing,
  undoApply,
]
