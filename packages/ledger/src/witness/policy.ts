import { LedgerError } from '../error.ts'
import { COSIGNATURE_ED25519, parseVkey, type Verifier } from '../note/keys.ts'

const MOST_LINES = 1000

export interface Witness {
  readonly name: string
  readonly verifier: Verifier
  /** Submission prefix of C2SP tlog-witness. */
  readonly url?: string
}

/** Which logs are accepted and whose cosignatures suffice: C2SP tlog-policy. */
export interface WitnessPolicy {
  readonly logs: readonly { readonly verifier: Verifier; readonly url?: string }[]
  readonly witnesses: readonly Witness[]
  /** Name of the quorum: a witness, a group, or `none`. */
  readonly quorum: string
  /** Whether cosignatures of these witnesses meet the quorum. */
  met(cosigned: readonly string[]): boolean
}

/** Reads a policy file. `invalid_request` names the line that is wrong. */
export function parsePolicy(text: string): WitnessPolicy {
  const lines = text.split('\n')
  if (lines.length > MOST_LINES)
    throw new LedgerError('invalid_request', `A witness policy has at most ${MOST_LINES} lines.`)
  const parser = new PolicyParser()
  for (const [i, line] of lines.entries()) {
    try {
      parser.line(line)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new LedgerError('invalid_request', `Line ${i + 1} of the witness policy: ${why}`, {
        detail: { line: i + 1 },
      })
    }
  }
  return parser.finish()
}

interface Group {
  readonly needed: number
  readonly members: readonly string[]
}

class PolicyParser {
  readonly #logs: { verifier: Verifier; url?: string }[] = []
  readonly #witnesses = new Map<string, Witness>()
  readonly #groups = new Map<string, Group>()
  readonly #members = new Set<string>()
  #quorum: string | null = null

  line(line: string): void {
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) throw new Error('it holds a control character.')
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '')
    if (keyword === undefined || keyword.startsWith('#')) return
    switch (keyword) {
      case 'log':
        this.#log(items)
        break
      case 'witness':
        this.#witness(items)
        break
      case 'group':
        this.#group(items)
        break
      case 'quorum':
        this.#setQuorum(items)
        break
      default:
        throw new Error(`it starts with ${JSON.stringify(keyword)}, not with log, witness, group or quorum.`)
    }
  }

  finish(): WitnessPolicy {
    const quorum = this.#quorum
    if (quorum === null)
      throw new LedgerError(
        'invalid_request',
        'The witness policy has no quorum line. `quorum none` asks for no cosignature.',
      )
    return {
      logs: this.#logs,
      witnesses: [...this.#witnesses.values()],
      quorum,
      met: (cosigned) => quorum === 'none' || this.#witnessed(quorum, new Set(cosigned)),
    }
  }

  #log([vkey, url, ...rest]: string[]): void {
    if (vkey === undefined || rest.length > 0) throw new Error('it reads `log VKEY [URL]`.')
    const verifier = parseVkey(vkey)
    if (this.#logs.some((log) => sameKey(log.verifier, verifier))) throw new Error('this log key was named before.')
    this.#logs.push({ verifier, ...(url === undefined ? {} : { url }) })
  }

  #witness([name, vkey, url, ...rest]: string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0)
      throw new Error('it reads `witness NAME VKEY [URL]`.')
    this.#checkNew(name)
    const verifier = parseVkey(vkey)
    if (verifier.type !== COSIGNATURE_ED25519) throw new Error('a witness key is a cosignature key (type 4).')
    if ([...this.#witnesses.values()].some((witness) => sameKey(witness.verifier, verifier)))
      throw new Error('this witness key was named before.')
    this.#witnesses.set(name, { name, verifier, ...(url === undefined ? {} : { url }) })
  }

  #group([name, threshold, ...members]: string[]): void {
    if (name === undefined || threshold === undefined || members.length === 0)
      throw new Error('it reads `group NAME all|any|K MEMBER…`.')
    this.#checkNew(name)
    for (const member of members) {
      if (!this.#witnesses.has(member) && !this.#groups.has(member))
        throw new Error(`${member} was not defined before.`)
      if (this.#members.has(member)) throw new Error(`${member} belongs to a group already.`)
      this.#members.add(member)
    }
    const needed =
      threshold === 'any'
        ? 1
        : threshold === 'all'
          ? members.length
          : /^[1-9]\d*$/.test(threshold)
            ? Number(threshold)
            : 0
    if (needed < 1 || needed > members.length) throw new Error(`the threshold is all, any or 1 to ${members.length}.`)
    this.#groups.set(name, { needed, members })
  }

  #setQuorum([name, ...rest]: string[]): void {
    if (name === undefined || rest.length > 0) throw new Error('it reads `quorum NAME`.')
    if (this.#quorum !== null) throw new Error('there is a quorum line already.')
    if (name !== 'none' && !this.#witnesses.has(name) && !this.#groups.has(name))
      throw new Error(`${name} was not defined before.`)
    this.#quorum = name
  }

  #checkNew(name: string): void {
    if (name === 'none' || this.#witnesses.has(name) || this.#groups.has(name))
      throw new Error(`the name ${name} is taken.`)
  }

  #witnessed(name: string, cosigned: ReadonlySet<string>): boolean {
    const group = this.#groups.get(name)
    if (group === undefined) return cosigned.has(name)
    return group.members.filter((member) => this.#witnessed(member, cosigned)).length >= group.needed
  }
}

function sameKey(a: Verifier, b: Verifier): boolean {
  return a.publicKey.equals(b.publicKey)
}
