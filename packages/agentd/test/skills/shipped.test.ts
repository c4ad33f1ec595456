import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Trust } from '../../src/host/files/trust.ts'
import { readFolder } from '../../src/skills/folder.ts'
import { rankSkills } from '../../src/skills/ranking.ts'
import { shippedSkills } from '../../src/skills/shipped.ts'
import { tools } from '../../src/tools/index.ts'

const { skills, refused } = await readFolder(shippedSkills, new Trust([]), new AbortController().signal)
const byName = new Map(tools.map((tool) => [tool.name, tool]))
const each = skills.map((skill) => [skill.name, skill] as const)
const sections = ['When to use', 'When to stop and ask', 'What not to do']

it('sixteen skills or more are brought, each readable', () => {
  expect(refused).toEqual([])
  expect(skills.length).toBeGreaterThanOrEqual(16)
})

it.each(each)('%s says when to use it, how to judge, when to stop and what not to do', (_, { description, text }) => {
  expect(description.length).toBeGreaterThanOrEqual(40)
  expect(description.length).toBeLessThanOrEqual(400)
  for (const section of sections) expect(text).toMatch(new RegExp(`^## ${section}$`, 'm'))
  expect(text).toMatch(/^## (Steps|This host does not reach something)$/m)
  expect(text).toMatch(/^## How to judge/m)
})

it.each(each)(
  '%s names only tools that exist, and every tool that its steps use',
  (_, { tools: named, text, path }) => {
    expect(named.filter((name) => !byName.has(name))).toEqual([])
    expect(readFileSync(path as string, 'utf8')).toBe(text)
    const [steps = ''] = text.slice(text.indexOf('\n---')).split('## What not to do')
    const used = [...steps.matchAll(/\b([a-z]+_[a-z_]+)\b/g)]
      .map(([, name = '']) => name)
      .filter((name) => byName.has(name))
    expect([...new Set(used)].sort()).toEqual([...named].sort())
  },
)

it.each(each)('%s gives only arguments that its tools take', (_, { text }) => {
  for (const [, name = '', args = ''] of text.matchAll(/`([a-z]+_[a-z_]+)\s+(\{[^`]*\})`/g)) {
    const tool = byName.get(name)
    expect(tool, name).toBeDefined()
    const parsed = tool?.input.safeParse(JSON.parse(args.replace(/\s+/g, ' ')))
    expect(parsed?.error, `${name} ${args}`).toBeUndefined()
  }
})

it.each([
  ['the disk is filling up', 'disk-forecast'],
  ['nginx keeps crashing', 'self-healing'],
  ['what happened overnight', 'morning-briefing'],
  ['is my server secure', 'hardening-review'],
  ['the certificate expires', 'certificate-renewal'],
  ['would a restore of the backup work', 'backup-check'],
  ['go back to the generation that worked', 'generation-timeline'],
  ['clean the nix store', 'store-cleaning'],
  ['no internet connection', 'network-check'],
  ['which package has this command', 'package-search'],
])('%s: the first three have %s among them', (about, wanted) => {
  const names = rankSkills(about, skills).map(({ skill }) => skill.name)
  expect(names.slice(0, 3)).toContain(wanted)
})
