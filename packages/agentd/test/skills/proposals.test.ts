import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { openSkills, putSkill, skillText } from '../support/skills.ts'

const signal = new AbortController().signal
const operator = { kind: 'operator', name: 'operator' } as const

const proposal = (name: string, text = skillText(name)) => ({
  name: name as never,
  description: 'A skill that an agent drafted from what it did.',
  text,
  tools: ['service_failed', 'service_status'] as never,
  times: 3,
  sessions: 2,
  by: 'main',
  labels: ['untrusted-text'] as const,
})

describe('a proposal', () => {
  it('is no skill until the owner accepts it, then is one, also after a restart, and can be taken out again', async () => {
    const { skills, ledger, state } = await openSkills()
    await skills.propose(proposal('restart-web'), signal)
    expect((await skills.all(signal)).skills).toEqual([])
    const { proposal: accepted } = await skills.decide('restart-web', 'accept', operator, signal)
    expect(accepted).toMatchObject({ state: 'accepted', labels: ['untrusted-text'] })
    const again = await openSkills([], state)
    expect((await again.skills.all(signal)).skills).toMatchObject([
      { name: 'restart-web', origin: 'accepted', path: null, text: skillText('restart-web'), untrusted: false },
    ])
    await skills.decide('restart-web', 'reject', operator, signal)
    expect((await skills.all(signal)).skills).toEqual([])
    expect(ledger.drafts).toMatchObject([
      { type: 'skill_accepted', facts: { skill: 'restart-web', sha256: accepted.sha256 } },
      { type: 'skill_rejected', facts: { skill: 'restart-web' } },
    ])
  })

  it('cannot be replaced while it waits, so what was shown is what is accepted', async () => {
    const { skills } = await openSkills()
    await skills.propose(proposal('restart-web'), signal)
    const changed = skillText('restart-web', 'Something else.')
    await expect(skills.propose(proposal('restart-web', changed), signal)).rejects.toMatchObject({ code: 'conflict' })
    const { proposal: accepted } = await skills.decide('restart-web', 'accept', operator, signal)
    expect(accepted.text).toBe(skillText('restart-web'))
  })

  it('takes no name that a skill has, neither when it is made nor when it is accepted', async () => {
    const folder = temporaryFolder()
    putSkill(folder, 'taken')
    const { skills } = await openSkills([{ path: folder, origin: 'owner' }])
    await expect(skills.propose(proposal('taken'), signal)).rejects.toMatchObject({ code: 'conflict' })
    await skills.propose(proposal('later'), signal)
    putSkill(folder, 'later')
    await expect(skills.decide('later', 'accept', operator, signal)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is decided once, and not where the ledger does not take it', async () => {
    const { skills, ledger } = await openSkills()
    await skills.propose(proposal('restart-web'), signal)
    ledger.broken = true
    await expect(skills.decide('restart-web', 'accept', operator, signal)).rejects.toMatchObject({
      code: 'ledger_unavailable',
    })
    expect((await skills.all(signal)).skills).toEqual([])
    ledger.broken = false
    const both = await Promise.allSettled([
      skills.decide('restart-web', 'accept', operator, signal),
      skills.decide('restart-web', 'accept', operator, signal),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('has to be a skill, and there are at most so many that wait', async () => {
    const { skills } = await openSkills()
    await expect(skills.propose(proposal('bad', 'no front matter'), signal)).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
    await expect(skills.propose(proposal('bad', skillText('other')), signal)).rejects.toThrow(
      /does not say that this is bad/,
    )
    await Promise.all(Array.from({ length: 16 }, (_, index) => skills.propose(proposal(`skill-${index}`), signal)))
    await expect(skills.propose(proposal('one-more'), signal)).rejects.toMatchObject({ code: 'too_large' })
    await skills.decide('skill-3', 'reject', operator, signal)
    await skills.propose(proposal('one-more'), signal)
    expect(skills.proposals().filter(({ state }) => state === 'pending')).toHaveLength(16)
  })
})

it('a state file with a text that is no skill costs only that one', async () => {
  const { skills, state } = await openSkills()
  await skills.propose(proposal('good'), signal)
  await skills.propose(proposal('bad'), signal)
  for (const name of ['good', 'bad']) await skills.decide(name, 'accept', operator, signal)
  const file = join(state, 'skills.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('name: bad\\n', 'nome: bad\\n'))
  const { skills: found, refused } = await (await openSkills([], state)).skills.all(signal)
  expect(found.map(({ name }) => name)).toEqual(['good'])
  expect(refused).toMatchObject([{ where: 'accepted bad' }])
})
