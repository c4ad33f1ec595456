import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { SkillDecided, SkillListing, SkillText } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { MOST_ENTRIES, readRecent } from '../../src/learning/recent.ts'
import { tools } from '../../src/tools/index.ts'
import { asDone, refusal, TestAgentd } from '../support/agentd.ts'
import { putSkill, skillText } from '../support/skills.ts'

const signal = new AbortController().signal
const drafted = {
  name: 'look-around',
  description: 'Looks at the host and at its memory before anything is judged.',
  tools: ['system_info', 'memory_usage'],
  whenToUse: 'At the beginning of a conversation.',
}

describe('learning from the ledger, in a running agentd', () => {
  it('finds a repeated sequence, drafts a skill of it, and the owner makes it one', async () => {
    const folder = temporaryFolder()
    putSkill(folder, 'of-the-owner')
    const agentd = await TestAgentd.start({ tools, settings: { SKILLS: { folders: [folder] } } })
    const read = async (name: string, args = {}) => asDone(await agentd.call(name, args))
    expect(await agentd.callApproved('skill_propose', drafted)).toMatchObject({
      ok: false,
      error: { code: 'conflict' },
    })
    for (let round = 0; round < 3; round++) {
      await read('system_info')
      await read('memory_usage')
      await agentd.call('file_stat', { path: 'nowhere' })
    }
    const patterns = await read('pattern_list', { atLeast: 3 })
    expect(patterns.ok && patterns.result).toMatchObject({
      patterns: [{ tools: ['system_info', 'memory_usage'], times: 3, sessions: 1 }],
      complete: true,
    })
    const observed = await read('observation_list')
    expect(observed.ok && observed.result).toMatchObject({
      observations: [{ kind: 'failing_tool', subject: 'file_stat', code: 'not_found', times: 3, of: 3 }],
    })

    const proposed = await agentd.callApproved('skill_propose', drafted)
    expect(proposed.ok).toBe(true)
    const listing = await agentd.operator.request('GET', '/v1/skills', { schema: SkillListing })
    expect(listing.proposals).toMatchObject([{ name: 'look-around', state: 'pending', times: 3, proposed_by: 'main' }])
    expect(listing.proposals[0]?.text).toContain('1. `system_info`')
    expect(listing.skills.map(({ name }) => name)).not.toContain('look-around')
    expect(await refusal(agentd.agent.request('GET', '/v1/skills', { schema: SkillListing }))).toMatchObject({
      code: 'not_found',
    })
    expect((await read('skill_read', { name: 'of-the-owner' })).ok).toBe(true)

    const decided = await agentd.operator.request('POST', '/v1/skills/look-around/decision', {
      body: { verdict: 'accept' },
      schema: SkillDecided,
    })
    expect(decided.proposal.state).toBe('accepted')
    const listed = await read('skill_list', { about: 'look at the memory' })
    const { skills } = (listed.ok ? listed.result : {}) as { skills: { name: string; origin: string }[] }
    expect(skills.find(({ name }) => name === 'look-around')).toMatchObject({ origin: 'accepted' })
    const whole = await agentd.operator.request('GET', '/v1/skills/look-around', { schema: SkillText })
    const shown = await read('skill_read', { name: 'look-around' })
    expect(shown.ok && shown.result).toMatchObject({ content: whole.text, truncated: false, nextOffset: null })
    expect((await agentd.story()).filter((type) => type.startsWith('skill_'))).toEqual(['skill_accepted'])
  })

  it('skill_read refuses what is no name, and names what may have been meant', async () => {
    const agentd = await TestAgentd.start({ tools })
    expect(await refusal(agentd.call('skill_read', { name: '../../etc/passwd' }))).toMatchObject({
      code: 'invalid_arguments',
    })
    expect(await refusal(agentd.call('skill_read', { name: 'self-heeling' }))).toMatchObject({
      message: expect.stringContaining('Did you mean self-healing'),
    })
  })
})

it('reads no more entries than it may, and says that there were more', async () => {
  let asked = 0
  const ledger = {
    query: async ({ before = 1_000_000, limit = 50 }: { before?: unknown; limit?: unknown }) => {
      asked += Number(limit)
      const records = Array.from({ length: Number(limit) }, (_, at) => ({
        entry: { index: Number(before) - 1 - at, time: 0, type: 'outcome', actor: { kind: 'agent', name: 'a' } },
        payload_state: 'none',
      }))
      return { records, more: true } as never
    },
  }
  const { entries, truncated } = await readRecent(ledger, { days: 1, types: ['outcome'] }, signal)
  expect(entries).toHaveLength(MOST_ENTRIES)
  expect(asked).toBe(MOST_ENTRIES)
  expect(truncated).toBe(true)
})

it('a skill that a session with labels wrote brings them to whoever lists or reads it', async () => {
  const agentd = await TestAgentd.start({ tools })
  const folder = join(agentd.stateDir, 'workspace/skills')
  await agentd.stop()
  mkdirSync(folder, { recursive: true })
  const again = await TestAgentd.start({
    stateDir: agentd.stateDir,
    tools,
    settings: { SKILLS: { folders: [folder] } },
  })
  const taints = async (tool: string, args = {}) => {
    const { ledger_index } = asDone(await again.call(tool, args))
    return (await again.entries()).find(({ entry }) => entry.index === ledger_index)?.entry.facts
  }
  putSkill(folder, 'planted')
  expect(JSON.stringify((await taints('skill_list')) ?? {})).not.toContain('untrusted-text')
  await again.call('process_list')
  const written = { path: 'skills/planted/SKILL.md', content: skillText('planted', 'Worse.'), mode: 'overwrite' }
  expect((await again.callApproved('file_write', written)).ok).toBe(true)
  expect(JSON.stringify(await taints('skill_list'))).toContain('untrusted-text')
  expect(JSON.stringify(await taints('skill_read', { name: 'planted' }))).toContain('untrusted-text')
})
