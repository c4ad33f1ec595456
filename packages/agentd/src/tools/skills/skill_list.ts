import { RefusedSkill } from '@castellan/contracts'
import { z } from 'zod'
import type { Skill } from '../../host/skills.ts'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, textField, truncatedField } from '../fields.ts'
import { count, list, oneLine } from '../words.ts'
import { labelsOf, presentSkill, shownSkill } from './fields.ts'

/** Refused files that are told of. */
const MOST_REFUSED = 50

export const skillList = defineTool({
  name: 'skill_list',
  title: 'Skills',
  description:
    'The skills there are: written ways to go about a task on this host. With about, those that fit some words, best first; read one with skill_read before you begin.',
  input: z.strictObject({
    about: textField(1000)
      .min(1)
      .optional()
      .describe('What is to be done, in words: "the disk is filling up". Best first; without it all, by name.'),
    limit: limitField(200, 100, 'skills'),
    offset: offsetField('skills'),
  }),
  output: z.strictObject({
    skills: z.array(
      shownSkill.extend({
        score: z.number().nullable().describe('Higher fits better, within this answer only; null without about.'),
      }),
    ),
    total: z.int(),
    refused: z.array(RefusedSkill).describe('Files that are no skills, and why.'),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  resources: async (_input, host) => [
    { kind: 'machine', id: 'skills', access: 'read' },
    ...(await host.skills.ownerFolders()).map((id) => ({ kind: 'path', id, access: 'read' }) as const),
  ],
  // Descriptions are words too, and so are the names of refused files.
  taints: ({ skills, refused }) => labelsOf([...skills, ...refused.map(() => ({ untrusted: true }))]),
  summary: ({ skills, total, refused }, { about }) => {
    const bad =
      refused.length === 0
        ? ''
        : ` ${count(refused.length, 'file')} refused: ${oneLine(refused[0]?.where ?? '')}: ${oneLine(refused[0]?.reason ?? '')}`
    const which = about === undefined ? '' : ` about ${JSON.stringify(oneLine(about, 60))}`
    if (total === 0) return `There is no skill${which}.${bad}`
    return `${count(total, 'skill')}${which}: ${list(
      skills.map(({ name }) => name),
      8,
    )}.${bad}`
  },
  run: async ({ about, limit, offset }, { host, signal }) => {
    const { skills, refused } = await host.skills.all(signal)
    const known = (tool: string) => host.skills.tool(tool) !== undefined
    const chosen = about === undefined ? unranked(skills) : host.skills.rank(about, skills)
    const all = chosen.map(({ skill, score }) => ({ ...presentSkill(skill, known), score }))
    const told = fitting(refused.slice(0, MOST_REFUSED), readLimits.outputBytes / 4)
    const shown = fitting(all.slice(offset, offset + limit), (readLimits.outputBytes * 3) / 4)
    return {
      skills: shown,
      total: all.length,
      refused: told.map((one) => ({ ...one })),
      truncated: offset + shown.length < all.length || told.length < refused.length,
    }
  },
})

function unranked(skills: readonly Skill[]): { readonly skill: Skill; readonly score: number | null }[] {
  return skills.map((skill) => ({ skill, score: null }))
}
