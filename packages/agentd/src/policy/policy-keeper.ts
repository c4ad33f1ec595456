import { randomUUID } from 'node:crypto'
import {
  CastellanError,
  type LedgerActor,
  type LedgerIndex,
  type PolicyStatus,
  type Sha256Hex,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Recorder } from '../ledger/recorder.ts'
import { Mutex } from '../state/mutex.ts'
import type { Tool } from '../tools/define.ts'
import { ALWAYS_FILE } from './always-file.ts'
import { builtInRules, withDefaults } from './built-in.ts'
import { CedarPolicy } from './cedar-policy.ts'
import { readFolder } from './folder.ts'
import type { Policy, PolicyDecision, PolicyQuestion } from './policy.ts'
import { describeProblem, PolicyInvalid, readRules } from './read-rules.ts'
import type { Rule } from './rule.ts'

/** What an operator does: changes the files, or puts them in force as they lie there. */
export interface FileAct {
  readonly actor: LedgerActor
  readonly kind: 'change' | 'reload'
}

/** Runs an act, which answers the entry that put the policy in force. */
type Around = (act: FileAct, work: () => Promise<LedgerIndex | null>) => Promise<void>

export interface PolicyKeeperParts {
  /** The owner's policy folder. */
  readonly folder: string
  /** The tools as they are at the moment. */
  readonly tools: () => readonly Tool[]
  readonly ledger: Pick<Recorder, 'append'>
  readonly log: Log
}

/**
 * The policy in force. It is replaced whole: files that cannot be taken leave what was in force before, and at the start a
 * policy that lets nothing be changed. Every policy that comes into force is in the ledger first.
 */
export class PolicyKeeper implements Policy {
  readonly #parts: PolicyKeeperParts
  readonly #loads = new Mutex()
  readonly #place = randomUUID()
  #policy: CedarPolicy
  /** Of the two places for policies, which the next one takes: that of the one before the present one. */
  #nextPlace = 1
  #state: PolicyStatus['state']
  #problems: readonly string[]
  #loadedAt = new Date()
  #loadedEntry: LedgerIndex | null = null
  #onChange: () => Promise<void> = async () => undefined
  #around: Around = async (_, work) => void (await work())

  private constructor(parts: PolicyKeeperParts, rules: readonly Rule[], problems: readonly string[]) {
    this.#parts = parts
    this.#policy = new CedarPolicy(rules, { place: `${this.#place} 0` })
    this.#problems = problems
    this.#state = problems.length === 0 ? 'ok' : 'restricted'
  }

  /** Loads what is in the folder. Never throws for what is wrong with it. */
  static async open(parts: PolicyKeeperParts): Promise<PolicyKeeper> {
    const keeper = await PolicyKeeper.#load(parts)
    const actor = { kind: 'system' as const, name: 'agentd' }
    if (keeper.#state === 'restricted') {
      parts.log.error(
        { problems: keeper.#problems },
        "the owner's policy cannot be read: nothing is changed until it can",
      )
    }
    await keeper.#record(keeper.#policy, keeper.#state, actor).catch((error: unknown) => {
      // A ledger that takes no entry lets no call change anything either.
      parts.log.error({ err: error }, 'the policy could not be put on record')
    })
    return keeper
  }

  static async #load(parts: PolicyKeeperParts): Promise<PolicyKeeper> {
    try {
      return new PolicyKeeper(parts, await rulesIn(parts), [])
    } catch (error) {
      return new PolicyKeeper(parts, builtInRules('restricted'), problemsIn(error))
    }
  }

  get digest(): Sha256Hex {
    return this.#policy.digest
  }

  get state(): PolicyStatus['state'] {
    return this.#state
  }

  /** What is wrong with the files, a sentence each. */
  get problems(): readonly string[] {
    return this.#problems
  }

  get rules(): readonly Rule[] {
    return this.#policy.rules
  }

  /** The ledger's entry that put it in force; null where the ledger took none. Another one for each loading. */
  get loadedEntry(): LedgerIndex | null {
    return this.#loadedEntry
  }

  get folder(): string {
    return this.#parts.folder
  }

  decide(question: PolicyQuestion): PolicyDecision {
    return this.#policy.decide(question)
  }

  /** Calls `listener` whenever another policy came into force, before loading it answers. */
  onChange(listener: () => Promise<void>): void {
    this.#onChange = listener
  }

  /** Has everything that an operator does to the files done by way of `around`, which is to run it and may throw only what it throws. */
  runBy(around: Around): void {
    this.#around = around
  }

  /**
   * Puts the files in force as they are now. Throws `policy_invalid` with everything that is wrong and leaves the policy as it
   * was; and what the ledger throws.
   */
  async reload(actor: LedgerActor): Promise<PolicyStatus> {
    let changed = false
    const work = async () => {
      changed = await this.#reload(actor)
      return this.#loadedEntry
    }
    // Of itself agentd reads them anew where tools come or go: that is nobody's word about the files.
    await this.#loads.run(async () => {
      if (actor.kind === 'operator') await this.#around({ actor, kind: 'reload' }, work)
      else await work()
    })
    if (changed) await this.announce()
    return this.status()
  }

  /** Tells whoever listens that another policy is in force. */
  async announce(): Promise<void> {
    await this.#onChange()
  }

  /**
   * Changes the files and puts them in force, or leaves both as they were. `undo` takes the change of the files back.
   * `becomes`: the policy that has to come of it; throws `conflict` where another one does.
   */
  async change(actor: LedgerActor, edit: () => Promise<{ undo(): Promise<void> }>, becomes?: Sha256Hex): Promise<void> {
    const work = async () => {
      const [state, problems] = [this.#state, this.#problems]
      const edited = await edit()
      try {
        await this.#reload(actor, becomes)
        return this.#loadedEntry
      } catch (error) {
        await edited.undo()
        // What was wrong with the change is wrong with the files no longer.
        this.#state = state
        this.#problems = problems
        throw error
      }
    }
    await this.#loads.run(() => this.#around({ actor, kind: 'change' }, work))
  }

  status(): PolicyStatus {
    return {
      digest: this.digest,
      state: this.#state,
      problems: [...this.#problems],
      folder: this.folder,
      loaded_at: this.#loadedAt.toISOString(),
      rules: this.rules.map(({ id, effect, reason, file, line, text }) => ({
        id,
        effect,
        reason,
        file,
        line,
        text,
        always: file === ALWAYS_FILE,
      })),
    }
  }

  async #reload(actor: LedgerActor, becomes?: Sha256Hex): Promise<boolean> {
    let policy: CedarPolicy
    try {
      policy = new CedarPolicy(await rulesIn(this.#parts), { place: `${this.#place} ${this.#nextPlace}` })
    } catch (error) {
      this.#problems = problemsIn(error)
      if (this.#state === 'ok') this.#state = 'stale'
      this.#parts.log.error({ problems: this.#problems }, 'the policy was not loaded; the one before stays in force')
      const kept =
        this.#state === 'restricted' ? 'Nothing is changed until it is right.' : 'The policy before stays in force.'
      throw new CastellanError('policy_invalid', `${this.#problems.join(' ')} ${kept}`, {
        detail: { problems: this.#problems },
        cause: error,
      })
    }
    if (becomes !== undefined && policy.digest !== becomes) {
      throw new CastellanError('conflict', 'Another policy would come of this than was tried. Try it again, then save.')
    }
    await this.#record(policy, 'ok', actor)
    this.#nextPlace = 1 - this.#nextPlace
    const changed = policy.digest !== this.#policy.digest
    this.#policy = policy
    this.#state = 'ok'
    this.#problems = []
    this.#loadedAt = new Date()
    return changed
  }

  async #record(policy: CedarPolicy, state: PolicyStatus['state'], actor: LedgerActor): Promise<void> {
    const facts = { policy_digest: policy.digest, rules: policy.rules.length, state }
    // The text beside the digest: what was in force once can be read again later.
    const rules = policy.rules.map(({ id, file, text }) => ({ id, file, text }))
    this.#loadedEntry = await this.#parts.ledger.append({ type: 'policy_loaded', actor, facts }, { rules })
  }
}

async function rulesIn({ folder, tools }: PolicyKeeperParts): Promise<Rule[]> {
  return withDefaults(readRules(await readFolder(folder), tools()), builtInRules('default'))
}

function problemsIn(error: unknown): string[] {
  if (error instanceof PolicyInvalid) return error.problems.map(describeProblem)
  return [`The policy could not be read: ${error instanceof Error ? error.message : String(error)}`]
}
