import { CastellanError, SkillDecision, type SkillListing, SkillName, type SkillText } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

const OPERATOR = { kind: 'operator', name: 'operator' } as const

/** Skills, on operator.sock alone: nothing an agent can call makes a skill of a proposal. */
export function addSkillRoutes(server: SocketServer, { skills }: Agentd): void {
  server.route('GET', '/v1/skills', {}, async ({ signal }): Promise<SkillListing> => {
    const all = await skills.all(signal)
    const listed = all.skills.map(({ name, description, origin, path }) => ({
      name,
      description,
      origin,
      ...(path === null ? {} : { path }),
    }))
    return { skills: listed, proposals: [...skills.proposals()], refused: [...all.refused] }
  })

  server.route('GET', '/v1/skills/:name', {}, async ({ params, signal }): Promise<SkillText> => {
    const { name, origin, text } = await skills.find(skillName(params.name), signal)
    return { name: SkillName.parse(name), origin, text }
  })

  server.route('POST', '/v1/skills/:name/decision', { body: SkillDecision }, ({ params, body, signal }) =>
    skills.decide(skillName(params.name), body.verdict, OPERATOR, signal),
  )
}

function skillName(text: string | undefined): SkillName {
  const name = SkillName.safeParse(text)
  if (name.success) return name.data
  throw new CastellanError('not_found', `${JSON.stringify(text)} is no skill's name; \`agentctl skill list\` has them.`)
}
