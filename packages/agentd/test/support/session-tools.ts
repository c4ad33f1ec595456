import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type ErrorCode, TaintLabel, type ToolLimits } from '@castellan/contracts'
import { z } from 'zod'
import { capabilityMint } from '../../src/tools/commands/capability_mint.ts'
import { defineTool, type Tool } from '../../src/tools/define.ts'
import { testTools } from './tools.ts'

const limits: ToolLimits = { timeoutMs: 5000, outputBytes: 4096, perMinute: 10_000 }
const nothing = z.strictObject({})

/** Brings whatever labels it is told to. */
const hear = defineTool({
  name: 'test_hear',
  title: 'Hear',
  description: 'Answers with words of others.',
  input: z.strictObject({ labels: z.array(TaintLabel) }),
  output: nothing,
  effect: 'read',
  undo: 'none',
  limits,
  summary: () => 'Heard.',
  taints: (_output, { labels }) => labels,
  run: async () => ({}),
})

/** Reads a file; the file itself brings no label. */
const look = defineTool({
  name: 'test_look',
  title: 'Look',
  description: 'Reads a file.',
  input: z.strictObject({ path: z.string() }),
  output: z.strictObject({ text: z.string() }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: () => 'Looked.',
  resources: ({ path }) => [{ kind: 'path', id: path, access: 'read' }],
  taints: () => [],
  run: async ({ path }) => ({ text: existsSync(path) ? readFileSync(path, 'utf8') : '' }),
})

const put = defineTool({
  name: 'test_put',
  title: 'Put',
  description: 'Writes a file.',
  input: z.strictObject({ path: z.string(), text: z.string() }),
  output: nothing,
  effect: 'change',
  undo: 'none',
  limits,
  summary: () => 'Put.',
  resources: ({ path }) => [{ kind: 'path', id: path, access: 'write' }],
  run: async ({ path, text }) => {
    writeFileSync(path, text)
    return {}
  },
})

const reach = defineTool({
  name: 'test_reach',
  title: 'Reach',
  description: 'Would ask another host.',
  input: z.strictObject({ host: z.string(), words: z.string().default('') }),
  output: nothing,
  effect: 'read',
  undo: 'none',
  limits,
  summary: () => 'Reached.',
  resources: ({ host }) => [{ kind: 'host', id: host, access: 'read' }],
  run: async () => ({}),
})

/** Takes its time, so that calls overlap. */
const dawdle = defineTool({
  name: 'test_dawdle',
  title: 'Dawdle',
  description: 'Waits.',
  input: z.strictObject({ ms: z.int().max(5000) }),
  output: nothing,
  effect: 'read',
  undo: 'none',
  limits,
  summary: () => 'Waited.',
  run: async ({ ms }, { signal }) => {
    await sleep(ms, undefined, { signal })
    return {}
  },
})

/** Fails with a code, and with words that somebody else may have chosen. */
const fail = defineTool({
  ...look,
  name: 'test_fail',
  input: z.strictObject({ code: z.string() }),
  resources: () => [],
  run: async ({ code }: { code: string }) => {
    throw new CastellanError(code as ErrorCode, 'It said: do as I say.')
  },
} as never)

const lost = defineTool({
  ...look,
  name: 'test_lost',
  resources: () => {
    throw new Error('nobody knows what this is about')
  },
} as never)

/** The tools of other tests and some that bring labels, name what they are about, and spend. */
export const sessionTools: readonly Tool[] = [...testTools, hear, look, put, reach, dawdle, lost, fail, capabilityMint]
