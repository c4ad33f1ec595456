import { CastellanError, type EgressQuestion } from '@castellan/contracts'
import type { Finding } from './finding.ts'
import { isCredentialHeader } from './parts.ts'

const MAX_KINDS = 20

/** `credential:openai_key:query`, each once. */
export function foundWords(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ class: of, kind, place }) => `${of}:${kind}:${place}`))].slice(0, MAX_KINDS)
}

export function kindsOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ kind }) => kind))].slice(0, MAX_KINDS)
}

/** The refusal of a request that would carry something out. It never repeats what. */
export function leakError(findings: readonly Finding[], host: string, question?: EgressQuestion): CastellanError {
  const words = [
    ...new Set(
      findings.map(
        ({ kind, place, name }) =>
          `${kind.replaceAll('_', ' ')} in the ${place}${name === undefined ? '' : ` ${name}`}`,
      ),
    ),
  ]
  const what = words.slice(0, 4).join(', ') + (words.length > 4 ? ', …' : '')
  const detail = {
    found: findings.slice(0, 64).map(({ class: of, kind, place }) => ({ class: of, kind, place })),
    ...(question === undefined ? {} : { question: question.id }),
  }
  if (question !== undefined) {
    const sentence = `This request to ${host} is held: ${what}. The operator lets it go with agentctl airlock release ${question.id}; then send the very same again.`
    return new CastellanError('egress_held', sentence, { detail })
  }
  const isKeyElsewhere = findings.every(({ place, name = '' }) => place === 'header' && isCredentialHeader(name))
  const help = isKeyElsewhere
    ? 'It belongs to another provider: where this host takes it all the same, its entry says so (agentctl airlock allow --auth any).'
    : 'Take it out, or let the airlock put the secret in (agentctl airlock secret). What may go to a host is said with agentctl airlock allow --inspect.'
  return new CastellanError('egress_leak', `This request to ${host} is not let out: ${what}. ${help}`, { detail })
}
