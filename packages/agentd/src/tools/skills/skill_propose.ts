import { CastellanError, SkillProposal, ToolName } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import type { SkillTool } from '../../host/skills.ts'
import { countSequence, finishedCalls, MAX_SEQUENCE } from '../../learning/patterns.ts'
import { readRecent } from '../../learning/recent.ts'
import { changeLimits, defineTool } from '../define.ts'
import { textField } from '../fields.ts'
import { count, list } from '../words.ts'
import { draftSkill } from './draft.ts'
import { nameField } from './fields.ts'

const Input = z.strictObject({
  name: nameField,
  description: textField(400)
    .min(40)
    .describe('What it does and when to use it, 40 to 400 characters: found by its words.'),
  tools: z
    .array(ToolName)
    .min(2)
    .max(MAX_SEQUENCE)
    .describe('The sequence, as pattern_list shows it. It has to be in the ledger twice or more.'),
  whenToUse: textField(2000).min(1).describe('When to use it, and when not to, in sentences.'),
  notes: textField(8000)
    .default('')
    .describe('How to judge what comes back, what not to do. No secrets: every agent reads skills.'),
  days: z.int().min(1).max(365).default(30).describe('Days back in which the sequence is looked for. Default 30.'),
})

export const skillPropose = defineTool({
  name: 'skill_propose',
  title: 'Propose a skill',
  description:
    'Drafts a skill out of a sequence of tools that was repeated, and keeps it for the owner, who reads it and accepts or rejects it. Until then it is no skill.',
  input: Input,
  output: z.strictObject({
    proposal: SkillProposal.omit({
      sha256: true,
      decided_at: true,
      proposed_at: true,
      proposed_by: true,
      labels: true,
    }),
  }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, outputBytes: 128 * 1024, perMinute: 10 },
  resources: ({ name }) => [{ kind: 'machine', id: `skill:${name}`, access: 'write' }],
  preview: async (input, { host, signal }) => {
    const { text } = await draft(input, host, signal)
    return {
      effects: [
        `Keeps a proposal for a skill ${input.name}. It is no skill until you accept it: agentctl skill accept ${input.name}.`,
        ...text
          .split('\n')
          .slice(0, 99)
          .map((line) => line.slice(0, 2000)),
      ],
      undo: 'A proposal that is rejected is gone: agentctl skill reject.',
    }
  },
  summary: ({ proposal: { name, tools, times, sessions } }) =>
    `Proposed the skill ${name} out of ${list(tools)}, seen ${count(times, 'time')} in ${count(sessions, 'session')}. The owner reads it with \`agentctl skill show ${name}\`.`,
  run: async (input, { host, call, labels, signal }) => {
    const { text, times, sessions } = await draft(input, host, signal)
    const { name, description, tools } = input
    const kept = await host.skills.propose(
      { name, description, text, tools, times, sessions, by: call.agent, labels },
      signal,
    )
    const {
      sha256: _digest,
      decided_at: _decided,
      proposed_at: _at,
      proposed_by: _by,
      labels: _labels,
      ...shown
    } = kept
    return { proposal: shown }
  },
})

/** The text it would have. Throws where the name or one of the tools does not do, or the sequence was not repeated. */
async function draft(
  { name, description, tools: names, whenToUse, notes, days }: z.infer<typeof Input>,
  host: Host,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly times: number; readonly sessions: number }> {
  await host.skills.mayPropose(name, signal)
  const tools = names.map((tool): SkillTool => {
    const known = host.skills.tool(tool)
    if (known !== undefined) return known
    throw new CastellanError('unknown_tool', `There is no tool ${tool}, so no skill can use it.`)
  })
  const { entries } = await readRecent(host.ledger, { days, types: ['outcome'] }, signal)
  const { times, sessions } = countSequence(finishedCalls(entries), names)
  if (times < 2) {
    throw new CastellanError(
      'conflict',
      `${names.join(', ')} is ${times === 0 ? 'not' : 'only once'} in the ledger of the last ${days} days, one after the other in one session. pattern_list shows what was repeated.`,
    )
  }
  return {
    text: draftSkill({ name, description, whenToUse, notes, tools, seen: { times, sessions, days } }),
    times,
    sessions,
  }
}
