import { SkillName, SkillOrigin, type TaintLabel, type ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import type { Skill } from '../../host/skills.ts'

export const nameField = SkillName.describe('Name of the skill, as skill_list shows it, e.g. "self-healing".')

export const shownSkill = z.strictObject({
  name: z.string(),
  description: z.string(),
  origin: SkillOrigin.describe(
    'Castellan brings it, it is in a folder of the owner, or the owner accepted a proposal.',
  ),
  tools: z.array(z.string()).describe('Tools that it names. Naming them permits nothing.'),
  unknownTools: z.array(z.string()).describe('Those among them that this host does not have.'),
  untrusted: z.boolean().describe('Whether somebody else than root and the owner of this server may have written it.'),
})

export function presentSkill(
  { name, description, origin, tools, untrusted }: Skill,
  known: (tool: string) => boolean,
): z.infer<typeof shownSkill> {
  return { name, description, origin, tools: [...tools], unknownTools: tools.filter((tool) => !known(tool)), untrusted }
}

/** A skill as policy names it, and the file it is in where there is one. */
export function skillResources({ name, path }: Pick<Skill, 'name' | 'path'>): ToolResource[] {
  const itself = { kind: 'machine', id: `skill:${name}`, access: 'read' } as const
  return path === null ? [itself] : [itself, { kind: 'path', id: path, access: 'read' }]
}

export function labelsOf(skills: readonly { readonly untrusted: boolean }[]): readonly TaintLabel[] {
  return skills.some(({ untrusted }) => untrusted) ? ['untrusted-text'] : []
}
