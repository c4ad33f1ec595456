import { CastellanError } from '@castellan/contracts'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Calls } from '../calls/calls.ts'
import type { Provider, Request } from '../provider.ts'
import type { Catalogue } from './catalogue.ts'

/** What is needed of the skill tools' results; they may say more. */
const SkillListing = z.looseObject({ skills: z.array(z.looseObject({ name: z.string(), description: z.string() })) })
const Skill = z.looseObject({ content: z.string() })

/** Skills as prompts: the list is what `skill_list` says, a prompt is what `skill_read` gives. */
export function promptProvider(catalogue: Catalogue, calls: Calls): Provider {
  const has = async (): Promise<boolean> =>
    (await catalogue.find('skill_list')) !== undefined && (await catalogue.find('skill_read')) !== undefined
  const skills = async (request: Request) => {
    const listing = await result(calls, 'skill_list', {}, request)
    return SkillListing.parse(listing).skills
  }
  return {
    async prompts(request) {
      if (!(await has())) return []
      return (await skills(request)).map(({ name, description }) => ({ name, description }))
    },
    async getPrompt(name, _args, request) {
      if (!(await has())) return undefined
      const skill = (await skills(request)).find((known) => known.name === name)
      if (skill === undefined) return undefined
      const { content } = Skill.parse(await result(calls, 'skill_read', { name }, request))
      return { description: skill.description, messages: [{ role: 'user', content: { type: 'text', text: content } }] }
    },
  }
}

/** The result of a read that policy lets through; everything else is an error, as a prompt has no result for it. */
async function result(calls: Calls, tool: string, args: Record<string, unknown>, request: Request): Promise<unknown> {
  try {
    const made = await calls.make(tool, args, request)
    if (made.kind === 'done' && made.outcome.ok) return made.outcome.result
    const why =
      made.kind === 'done' ? made.outcome.summary : `${tool} waits for a person's approval; call it as a tool.`
    throw new ProtocolError(ProtocolErrorCode.InternalError, why)
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    throw new ProtocolError(ProtocolErrorCode.InternalError, error.message, error.toEnvelope())
  }
}
