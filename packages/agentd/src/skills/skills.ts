import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import {
  CastellanError,
  type LedgerActor,
  type RefusedSkill,
  type SkillDecided,
  SkillName,
  SkillProposal,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Trust } from '../host/files/trust.ts'
import { likely } from '../host/likely.ts'
import type { NewSkillProposal, Skill, Skills as SkillList, SkillsPort, SkillTool } from '../host/skills.ts'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { StateFile } from '../state/state-file.ts'
import { readFolder, type SkillFolder } from './folder.ts'
import { decodeSkill, MAX_SKILL_BYTES, parseSkill } from './front-matter.ts'
import { rankSkills } from './ranking.ts'

/** Proposals that wait for the owner, accepted ones, and rejected ones that are remembered. */
const MOST = { pending: 16, accepted: 200, rejected: 50 } as const

/** Newest first. */
export const SkillFile = z.strictObject({ version: z.literal(1), proposals: z.array(SkillProposal) })

export interface SkillsParts {
  /** Names are taken in this order; what comes later under a name that is taken is refused. */
  readonly folders: readonly SkillFolder[]
  readonly file: StateFile<typeof SkillFile>
  readonly ledger: Pick<Recorder, 'append'>
  readonly tool: (name: string) => SkillTool | undefined
  /** Whose files are trusted; asked for when it is needed, because the file port is opened later. */
  readonly trust: () => Trust
  /** Milliseconds since 1970; the real clock without it. */
  readonly now?: () => number
}

/** Skills out of folders, and the proposals of which the owner makes skills. */
export class Skills implements SkillsPort {
  readonly #parts: SkillsParts
  readonly #changes = new Mutex()
  #proposals: readonly SkillProposal[]

  private constructor(parts: SkillsParts, proposals: readonly SkillProposal[]) {
    this.#parts = parts
    this.#proposals = proposals
  }

  static async open(parts: SkillsParts): Promise<Skills> {
    return new Skills(parts, (await parts.file.load())?.proposals ?? [])
  }

  async all(signal: AbortSignal): Promise<SkillList> {
    const taken = new Map<string, Skill>()
    const refused: RefusedSkill[] = []
    const take = (skill: Skill) => {
      const first = taken.get(skill.name)
      if (first === undefined) taken.set(skill.name, skill)
      else refused.push({ where: placeOf(skill), reason: `The name ${skill.name} is taken by ${placeOf(first)}.` })
    }
    for (const folder of this.#parts.folders) {
      const found = await readFolder(folder, this.#parts.trust(), signal)
      refused.push(...found.refused)
      found.skills.forEach(take)
    }
    for (const proposal of this.#of('accepted')) {
      try {
        take(acceptedSkill(proposal))
      } catch (error) {
        if (!(error instanceof CastellanError)) throw error
        refused.push({ where: `accepted ${proposal.name}`, reason: error.message })
      }
    }
    const skills = [...taken.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
    return { skills, refused }
  }

  async ownerFolders(): Promise<readonly string[]> {
    const owners = this.#parts.folders.filter(({ origin }) => origin === 'owner')
    const real = await Promise.all(owners.map(({ path }) => realpath(path).catch(() => null)))
    return real.filter((path) => path !== null)
  }

  async find(name: string, signal: AbortSignal): Promise<Skill> {
    const { skills, refused } = await this.all(signal)
    const skill = skills.find((candidate) => candidate.name === name)
    if (skill !== undefined) return skill
    const why = refused.find(({ where }) => where.includes(`/${name}/`))
    const near = likely(
      name,
      skills.map((known) => known.name),
    )
    const hint =
      why !== undefined
        ? `${why.where} is refused: ${why.reason}`
        : near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : 'skill_list shows those there are.'
    throw new CastellanError('not_found', `There is no skill ${name}. ${hint}`, { detail: { near } })
  }

  rank(about: string, skills: readonly Skill[]): readonly { readonly skill: Skill; readonly score: number }[] {
    return rankSkills(about, skills)
  }

  tool(name: string): SkillTool | undefined {
    return this.#parts.tool(name)
  }

  /** Newest first. */
  proposals(): readonly SkillProposal[] {
    return this.#proposals
  }

  async mayPropose(name: string, signal: AbortSignal): Promise<void> {
    if (this.#of('pending').some((proposal) => proposal.name === name)) {
      throw new CastellanError('conflict', `${name} is proposed already, and waits for the owner's word.`)
    }
    if (this.#of('pending').length >= MOST.pending) {
      throw new CastellanError(
        'too_large',
        `${MOST.pending} proposals wait for the owner, as many as may. \`agentctl skill list\` shows them.`,
      )
    }
    await this.#mustBeFree(name, signal)
  }

  propose(proposal: NewSkillProposal, signal: AbortSignal): Promise<SkillProposal> {
    return this.#changes.run(async () => {
      const { name, description, text, tools, times, sessions, by, labels } = proposal
      await this.mayPropose(name, signal)
      const bytes = Buffer.from(text)
      if (bytes.length > MAX_SKILL_BYTES)
        throw new CastellanError('too_large', `A skill has at most ${MAX_SKILL_BYTES} bytes.`)
      if (parseSkill(decodeSkill(bytes)).name !== name) {
        throw new CastellanError('invalid_arguments', `The front matter does not say that this is ${name}.`)
      }
      const kept = SkillProposal.parse({
        name,
        description,
        state: 'pending',
        text,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        tools,
        times,
        sessions,
        proposed_at: new Date(this.#now()).toISOString(),
        proposed_by: by,
        labels: [...labels],
        decided_at: null,
      })
      await this.#save([kept, ...this.#proposals])
      return kept
    })
  }

  /** The owner's word: accepting makes a skill of it, rejecting drops it, also one that was accepted. On record first. */
  decide(name: string, verdict: 'accept' | 'reject', actor: LedgerActor, signal: AbortSignal): Promise<SkillDecided> {
    return this.#changes.run(async () => {
      const states = verdict === 'accept' ? ['pending'] : ['pending', 'accepted']
      const proposal = this.#proposals.find((one) => one.name === name && states.includes(one.state))
      if (proposal === undefined) {
        throw new CastellanError(
          'not_found',
          `No proposal ${name} waits for your word${verdict === 'reject' ? ', and none was accepted' : ''}. \`agentctl skill list\` shows them.`,
        )
      }
      if (verdict === 'accept') {
        await this.#mustBeFree(name, signal)
        if (this.#of('accepted').length >= MOST.accepted) {
          throw new CastellanError(
            'too_large',
            `${MOST.accepted} proposals were accepted, as many as there is room for.`,
          )
        }
      }
      const type = verdict === 'accept' ? 'skill_accepted' : 'skill_rejected'
      const facts = { skill: name, sha256: proposal.sha256 }
      const index = await this.#parts.ledger.append({ type, actor, facts }, { text: proposal.text })
      const decided: SkillProposal = {
        ...proposal,
        state: verdict === 'accept' ? 'accepted' : 'rejected',
        decided_at: new Date(this.#now()).toISOString(),
      }
      await this.#save(this.#proposals.map((one) => (one === proposal ? decided : one)))
      return { proposal: decided, index }
    })
  }

  async #mustBeFree(name: string, signal: AbortSignal): Promise<void> {
    const taken = (await this.all(signal)).skills.find((skill) => skill.name === SkillName.parse(name))
    if (taken !== undefined) {
      throw new CastellanError('conflict', `There is a skill ${name} already (${placeOf(taken)}). Choose another name.`)
    }
  }

  #of(state: SkillProposal['state']): SkillProposal[] {
    return this.#proposals.filter((proposal) => proposal.state === state)
  }

  /** Of the rejected ones only the newest are remembered. */
  async #save(proposals: readonly SkillProposal[]): Promise<void> {
    const forgotten = new Set(proposals.filter(({ state }) => state === 'rejected').slice(MOST.rejected))
    const kept = proposals.filter((proposal) => !forgotten.has(proposal))
    await this.#parts.file.save({ version: 1, proposals: kept })
    this.#proposals = kept
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)()
  }
}

/** The owner read and accepted exactly this text, so nobody else's words are in it any more. */
function acceptedSkill({ text }: SkillProposal): Skill {
  return { ...parseSkill(text), origin: 'accepted', path: null, text, untrusted: false }
}

function placeOf({ path, origin, name }: Skill): string {
  return path ?? `${origin} ${name}`
}
