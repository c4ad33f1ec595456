import type { SkillTool } from '../../host/skills.ts'
import { yaml } from '../../skills/yaml.ts'
import { count } from '../words.ts'

export interface DraftOf {
  readonly name: string
  readonly description: string
  readonly whenToUse: string
  readonly notes: string
  readonly tools: readonly SkillTool[]
  readonly seen: { readonly times: number; readonly sessions: number; readonly days: number }
}

const effectWords = {
  read: 'only reads',
  change: 'changes something, so policy may ask a person first',
  destroy: 'cannot be cleanly taken back, so a person is asked first',
}

/**
 * A SKILL.md out of a sequence of tools that was repeated. It has the tools in their order and what each needs to be told, never the
 * arguments of past calls: those may be secret, and skills are read by every agent.
 */
export function draftSkill({ name, description, whenToUse, notes, tools, seen }: DraftOf): string {
  const front = yaml().stringify(
    { name, description, 'allowed-tools': [...new Set(tools.map((tool) => tool.name))].join(' ') },
    { lineWidth: 0 },
  )
  const steps = tools.map(({ name: tool, title, description: what, effect, needs }, index) => {
    const told =
      needs.length === 0
        ? ''
        : `\n   Tell it ${needs.map((one) => `\`${one.name}\` (${one.what.replace(/\s+/g, ' ').replace(/\.$/, '')})`).join(', ')}.`
    return `${index + 1}. \`${tool}\`: ${title}. ${what}\n   It ${effectWords[effect]}.${told}`
  })
  return [
    `---\n${front}---`,
    `# ${name}`,
    `## When to use\n\n${whenToUse}`,
    `## Steps\n\nThis sequence was seen ${count(seen.times, 'time')} in ${count(seen.sessions, 'session')} within ${count(seen.days, 'day')}.\n\n${steps.join('\n')}`,
    ...(notes === '' ? [] : [`## Notes\n\n${notes}`]),
    '## When to stop\n\nStop and tell the owner when a call is refused or fails, or when what comes back is not what the next step expects. Never repeat a refused call in other words.',
  ]
    .join('\n\n')
    .concat('\n')
}
