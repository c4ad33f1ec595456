import {
  CastellanError,
  type LedgerActor,
  type PolicyChangeRequest,
  type PolicyDraft,
  type PolicyRevocationRequest,
  type PolicyStatement,
  type PolicyTrial,
  type PolicyTrialRequest,
  type PolicyVersions,
  type PolicyView,
  type PolicyWord,
  policyStatement,
} from '@castellan/contracts'
import type { SignedWords, Signer } from '../../approvals/signed-words.ts'
import type { Recorder } from '../../ledger/recorder.ts'
import { ALWAYS_FILE, removeRule } from '../always-file.ts'
import { builtInRules } from '../built-in.ts'
import type { PolicyKeeper } from '../policy-keeper.ts'
import { describeProblem } from '../read-rules.ts'
import { refuseUnwritable, type Trials } from '../trial/trials.ts'
import { filesOf, savingOf, shownFiles, whyNot } from './files.ts'
import { keep, keptOf, sha256 } from './kept.ts'
import { replaceFile } from './write.ts'

export interface ChangeParts {
  readonly keeper: PolicyKeeper
  readonly trials: Trials
  readonly ledger: Pick<Recorder, 'append'>
  /** The setting that writes the files, where one does. */
  readonly declaredBy: string | undefined
}

/**
 * The policy, read and changed from afar. Every change is an operator's signed word over the policy in force, the file as it was
 * and as it is to be, and the policy that comes of it; whoever carries it can make none, change none and use none twice.
 */
export class PolicyChanges {
  readonly #parts: ChangeParts

  constructor(parts: ChangeParts) {
    this.#parts = parts
  }

  async view(): Promise<PolicyView> {
    const { keeper, declaredBy } = this.#parts
    return {
      ...keeper.status(),
      loaded_entry: keeper.loadedEntry,
      files: shownFiles(await filesOf(keeper.folder).catch(() => [])),
      saving: savingOf(await whyNot(keeper, declaredBy)),
    }
  }

  async versions(file: PolicyVersions['file']): Promise<PolicyVersions> {
    return { file, versions: await keptOf(this.#parts.keeper.folder, file) }
  }

  /**
   * What a draft would change. Recorded calls count where an operator's word opens them: whoever chooses the rules can read
   * arguments out of what they decide. Throws what {@link Trials.try} and {@link SignedWords.signer} throw.
   */
  async try({ word, ...draft }: PolicyTrialRequest, { words, signal }: Carried): Promise<PolicyTrial> {
    refuseUnwritable(draft)
    if (word !== undefined) {
      this.#hold(word)
      await signed(words, { act: 'try', about: draft.file, after: digestOf(draft.text) }, word)
    }
    return this.#parts.trials.try(draft, { calls: word !== undefined, kinds: true, signal })
  }

  /** The same for whoever needs no word, with recorded calls. */
  tryAsRoot(draft: PolicyDraft, signal: AbortSignal): Promise<PolicyTrial> {
    return this.#parts.trials.try(draft, { calls: true, kinds: true, signal })
  }

  /**
   * Writes a draft and puts it in force. Throws `conflict` where anything is another than was signed, `policy_invalid` for what
   * does not check or fails a test, `read_only`, `forbidden`, and what proofs and the ledger throw; nothing is changed then.
   */
  async save(request: PolicyChangeRequest, { words, signal }: Carried): Promise<PolicyView> {
    const { keeper, trials } = this.#parts
    const { file, text, before, becomes, word } = request
    const draft = { file, text }
    refuseUnwritable(draft)
    await this.#refuseHeld()
    this.#hold(word)
    const after = digestOf(text)
    const by = await signed(words, { act: 'save', about: file, before, after, becomes }, word)
    const trial = await trials.try(draft, { calls: false, kinds: false, signal })
    refuseUnfit(trial)
    const digest = keeper.digest
    await keeper.change(
      actorOf(by),
      async () => {
        await this.#refuseHeld()
        this.#hold(word)
        const now = (await filesOf(keeper.folder)).find(({ name }) => name === file)
        if ((now?.sha256 ?? null) !== before) {
          throw new CastellanError('conflict', `${file} was changed meanwhile. Look at it again, then sign anew.`)
        }
        const change = text === null ? 'removed' : before === null ? 'added' : 'changed'
        await this.#record(by, `${file} is ${change}${wordsOf(trial)}.`, text, {
          ...{ file, change, policy_digest: digest, becomes },
          ...(before === null ? {} : { before }),
          ...(after === null ? {} : { after }),
        })
        return replaceFile(keeper.folder, file, { before: now?.text ?? null, after: text })
      },
      becomes,
    )
    if (keeper.digest !== digest) await keeper.announce()
    return this.view()
  }

  /** Ends a rule of "always", which narrows what is allowed. Throws `not_found`, and what {@link save} throws. */
  async revoke({ rule: id, word }: PolicyRevocationRequest, words: SignedWords): Promise<PolicyView> {
    const { keeper } = this.#parts
    this.#hold(word)
    const by = await signed(words, { act: 'revoke', about: id }, word)
    await keeper.change(actorOf(by), async () => {
      this.#hold(word)
      const standing = keeper.rules.find((rule) => rule.id === id && rule.file === ALWAYS_FILE)
      // Owners may write other rules into that file: without one that forbids, or that stands for one of ours, more would be allowed.
      if (standing?.effect !== 'permit' || builtInRules('default').some((rule) => rule.id === id)) {
        throw new CastellanError(
          'not_found',
          `No rule ${JSON.stringify(id)} was made by "always"; others are changed in their files.`,
        )
      }
      const facts = { file: ALWAYS_FILE, change: 'revoked', rule: id, policy_digest: keeper.digest }
      const text = (await filesOf(keeper.folder)).find(({ name }) => name === ALWAYS_FILE)?.text
      await this.#record(by, `${id} is no longer allowed always.`, null, facts)
      if (text !== undefined) await keep(keeper.folder, ALWAYS_FILE, text).catch(() => undefined)
      return removeRule(keeper.folder, id)
    })
    await keeper.announce()
    return this.view()
  }

  async #refuseHeld(): Promise<void> {
    const error = await whyNot(this.#parts.keeper, this.#parts.declaredBy)
    if (error !== undefined) throw error
  }

  /** A word about another policy, or another loading of it, is no lie: it is late. */
  #hold({ policy, loaded }: PolicyWord): void {
    const { digest, loadedEntry } = this.#parts.keeper
    if (policy === digest && loaded === loadedEntry) return
    throw new CastellanError(
      'conflict',
      'The policy was loaded again since this was signed. Look at it, then sign anew.',
    )
  }

  async #record(
    by: Signer,
    summary: string,
    text: string | null,
    facts: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#parts.ledger.append(
      {
        type: 'policy_changed',
        actor: actorOf(by),
        facts: { ...facts, key_id: by.key },
      },
      { summary, ...(text === null ? {} : { text }) },
    )
  }
}

/** What came over agent.sock: whose words count, and whether the asker is still there. */
interface Carried {
  readonly words: SignedWords
  readonly signal: AbortSignal
}

async function signed(
  words: SignedWords,
  about: Pick<PolicyStatement, 'act' | 'about' | 'before' | 'after' | 'becomes'>,
  { policy, loaded, at, proof }: PolicyWord,
): Promise<Signer> {
  const text = policyStatement({ ...about, policy, loaded, at })
  return words.signer(text, { at, proof }, 'a change of the policy on agent.sock')
}

function digestOf(text: string | null): string | null {
  return text === null ? null : sha256(text)
}

function actorOf({ name }: Signer): LedgerActor {
  return { kind: 'operator', name: name.slice(0, 80) }
}

function refuseUnfit({ problems, tests: { failed } }: PolicyTrial): void {
  const sentences = [
    ...problems.map(({ file, line, message }) => describeProblem({ file, line, message })),
    ...failed.map(({ file, name, problem }) => `${file}: the test ${JSON.stringify(name)} fails: ${problem}`),
  ]
  if (sentences.length === 0) return
  throw new CastellanError('policy_invalid', `${sentences.slice(0, 20).join(' ')} Nothing was saved.`, {
    detail: { problems: sentences.slice(0, 100) },
  })
}

/** Which rules come, change and go. */
function wordsOf({ rules }: PolicyTrial): string {
  const parts = (['added', 'changed', 'removed'] as const).flatMap((what) => {
    const ids = rules[what]
    if (ids.length === 0) return []
    return [`${what} ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ` and ${ids.length - 5} more` : ''}`]
  })
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`
}
