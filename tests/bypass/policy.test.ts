import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentName, newId, type SessionMode, type TaintLabel, ToolName } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { Call } from '../../packages/agentd/src/calls/call.ts'
import { decide } from '../../packages/agentd/src/calls/decide.ts'
import type { CallParts } from '../../packages/agentd/src/calls/path.ts'
import { builtInRules } from '../../packages/agentd/src/policy/built-in.ts'
import { CedarPolicy } from '../../packages/agentd/src/policy/cedar-policy.ts'
import { Sandbox } from '../../packages/agentd/src/sandbox/index.ts'
import { tools } from '../../packages/agentd/src/tools/index.ts'
import { readCorpus, type Specimen } from './corpus.ts'

const sandbox = new Sandbox(join(tmpdir(), 'workspace'))
const policy = new CedarPolicy(builtInRules('default'))

/** What the step of the call path decides, with the default rules and the judgement of commands that it really makes. */
async function decided(specimen: Specimen, mode: SessionMode, taint: TaintLabel[] = []): Promise<string> {
  const [name, args] =
    'argv' in specimen ? ['command_run', { argv: specimen.argv }] : ['shell_exec', { script: specimen.script }]
  const tool = tools.find((candidate) => candidate.name === name)
  const parts = {
    policy,
    host: { sandbox },
    sessions: { mode: () => mode, labels: () => taint, left: () => ({}) },
    ledger: { append: async () => 0 },
  } as unknown as CallParts
  const call = {
    call_id: newId('call'),
    session: newId('ses'),
    agent: 'main' as AgentName,
    caller: 'agent',
    tool,
    name: ToolName.parse(name),
    args,
    input: args,
    standing: { capability: undefined, budgets: [] },
    narrowedTo: undefined,
    channel: undefined,
    agreedBefore: false,
    signal: new AbortController().signal,
  } as unknown as Call
  return decide(parts, call, { resources: [] }).then(
    ({ decision }) => decision,
    ({ code }: { code: string }) => code,
  )
}

async function linesDecided(specimens: readonly Specimen[], decision: string, mode: SessionMode): Promise<string[]> {
  const all = await Promise.all(specimens.map(async (one) => ({ line: one.line, got: await decided(one, mode) })))
  return all.filter(({ got }) => got === decision).map(({ line }) => line)
}

describe('the corpora under the real policy', () => {
  const asked = readCorpus('asked.txt')
  const harmless = readCorpus('harmless.txt')

  it.each(['assist', 'operate', 'sensitive', 'observe'] as const)(
    'in mode %s runs no line that could do more than read',
    async (mode) => {
      expect(await linesDecided(asked, 'allow', mode)).toEqual([])
      expect(await linesDecided(asked, mode === 'observe' ? 'policy_denied' : 'ask', mode)).toHaveLength(asked.length)
    },
  )

  it('runs at least nine in ten everyday lines in mode operate without asking', async () => {
    const run = await linesDecided(harmless, 'allow', 'operate')
    expect(run.length).toBeGreaterThanOrEqual(harmless.length * 0.9)
  })

  it('asks about every command in mode assist, however harmless', async () => {
    expect(await linesDecided(harmless, 'allow', 'assist')).toEqual([])
  })
})
