import { setImmediate as breath } from 'node:timers/promises'
import {
  CastellanError,
  MAX_POLICY_FILE_BYTES,
  type PolicyDraft,
  type PolicyTrial,
  SessionMode,
} from '@castellan/contracts'
import type { Registry } from '../../calls/registry.ts'
import type { Host } from '../../host/index.ts'
import type { Recorder } from '../../ledger/recorder.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import { Mutex } from '../../state/mutex.ts'
import { questionOf } from '../explain.ts'
import { readFolder, readTestsOf } from '../folder.ts'
import type { PolicyQuestion } from '../policy.ts'
import type { PolicyKeeper } from '../policy-keeper.ts'
import { type PolicyTest, type PolicyTestResult, readTests, resultOf } from '../policy-tests.ts'
import { PolicyInvalid, type PolicyProblem, type RuleText } from '../read-rules.ts'
import { type Answer, differenceIn, rulesThatChange, shownKind } from './findings.ts'
import type { PlainQuestion } from './job.ts'
import { pastCalls, type SameCalls } from './past-calls.ts'
import { plainTool } from './plain-tool.ts'
import { judgeApart } from './thread.ts'
import { warningsAbout } from './warnings.ts'

/** Longest that a draft is judged, and of that every kind of call compared, in milliseconds. */
const TRIAL_MS = 60_000
/** Longest where it is only read and its tests are run: agentd itself reads it next, and decides nothing meanwhile. */
const READ_MS = 20_000
const KINDS_MS = 20_000
/** Trials that may wait for one that runs. */
const MAX_WAITING = 4
/** Calls that are read without letting anything else be done. */
const CALLS_AT_ONCE = 20
/** Recorded calls that are handed back. */
const MAX_CALLS_SHOWN = 500

export interface TrialParts {
  readonly keeper: PolicyKeeper
  readonly registry: Registry
  /** There by the time a draft comes. */
  readonly host: () => Host
  readonly sessions: Sessions
  readonly ledger: Pick<Recorder, 'query'>
  /** How long a draft is judged, in milliseconds. */
  readonly ms?: number
}

export interface TrialOptions {
  /** Compare recorded calls, and every kind of call. */
  readonly calls: boolean
  readonly kinds: boolean
  readonly signal: AbortSignal
}

/** What a draft of the policy would change, found out without putting it in force. One at a time, in a thread of its own. */
export class Trials {
  readonly #parts: TrialParts
  readonly #turns = new Mutex()
  #waiting = 0

  constructor(parts: TrialParts) {
    this.#parts = parts
  }

  /** Throws `busy`, `body_too_large`, and `policy_invalid` for a draft that takes too long; what is wrong with others is in the answer. */
  async try(draft: PolicyDraft, options: TrialOptions): Promise<PolicyTrial> {
    refuseUnwritable(draft)
    if (this.#waiting >= MAX_WAITING)
      throw new CastellanError('busy', 'Other drafts are being tried. Try again shortly.')
    this.#waiting += 1
    try {
      return await this.#turns.run(() => this.#try(draft, options))
    } finally {
      this.#waiting -= 1
    }
  }

  async #try(draft: PolicyDraft, { calls, kinds, signal }: TrialOptions): Promise<PolicyTrial> {
    const { keeper, registry, ms = calls || kinds ? TRIAL_MS : READ_MS } = this.#parts
    const base = { policy_digest: keeper.digest, loaded_entry: keeper.loadedEntry }
    const read = await filesWith(keeper.folder, draft).catch(problemsOf)
    if ('problems' in read) return refused(base, read.problems)

    const tests: AskedByTest[] = []
    for (const test of read.tests) {
      await this.#letOthers(tests.length, signal)
      tests.push(await this.#askedByTest(test))
    }
    const past = calls ? await this.#asked(await pastCalls(this.#parts.ledger), signal) : []
    const asked = [...tests.flatMap(({ question }) => question ?? []), ...past.map(({ question }) => question)]
    const verdict = await judgeApart(
      {
        before: keeper.rules,
        files: read.rules,
        tools: registry.tools().map(plainTool),
        questions: asked.map(plain),
        kindsMs: kinds ? KINDS_MS : 0,
      },
      { ms, signal },
    )
    if (verdict.kind === 'invalid') return refused(base, verdict.problems)

    const answers = verdict.answers.values()
    const results = tests.map(({ test, question, problem }): PolicyTestResult => {
      if (question === undefined) return { file: test.file, name: test.test.name, ok: false, problem: problem ?? '' }
      return resultOf(test, (answers.next().value as Answer).after)
    })
    const differences = past.flatMap(({ same, question }) =>
      differenceIn(same, question, answers.next().value as Answer),
    )
    const failed = results.filter(({ ok }) => !ok).map(({ file, name, problem = '' }) => ({ file, name, problem }))
    const times = (all: readonly { readonly times: number }[]) => all.reduce((sum, one) => sum + one.times, 0)
    return {
      ...base,
      ok: failed.length === 0,
      becomes: verdict.digest,
      problems: [],
      rules: rulesThatChange(keeper, verdict),
      warnings: warningsAbout(keeper.rules, verdict),
      tests: { passed: results.length - failed.length, failed },
      calls: calls
        ? {
            asked: times(past.map(({ same }) => same)),
            changed: times(differences),
            differences: differences.slice(0, MAX_CALLS_SHOWN),
          }
        : null,
      kinds: { ...verdict.kinds, differences: verdict.kinds.differences.map(shownKind) },
    }
  }

  /** Thousands of calls may be read here while others wait for theirs to be decided. */
  async #letOthers(position: number, signal: AbortSignal): Promise<void> {
    if (position % CALLS_AT_ONCE === 0) await breath()
    signal.throwIfAborted()
  }

  /** A test's call, as in a session that nobody has: what this machine's sessions are in must not make tests fail. */
  async #askedByTest(test: Test): Promise<AskedByTest> {
    const { name: _, expect: __, rule: ___, approvals: ____, resources, ...request } = test.test
    const { keeper, registry, host } = this.#parts
    const sessions = { mode: () => SessionMode.enum.assist, labels: () => [] }
    try {
      return {
        test,
        question: await questionOf({ policy: keeper, registry, host: host(), sessions }, request, resources),
      }
    } catch (error) {
      if (error instanceof CastellanError) return { test, problem: error.message }
      throw error
    }
  }

  /** Recorded calls as they would be asked about now. Of tools and arguments that are no longer there, nothing can be said. */
  async #asked(calls: readonly SameCalls[], signal: AbortSignal) {
    const { keeper, registry, host, sessions } = this.#parts
    const asked: { readonly same: SameCalls; readonly question: PolicyQuestion }[] = []
    for (const [position, same] of calls.entries()) {
      await this.#letOthers(position, signal)
      const { caller, agent, session, tool, args, agreed } = same.newest
      const request = { caller, agent, session, tool, args, agreed }
      const question = await questionOf({ policy: keeper, registry, host: host(), sessions }, request).catch(
        () => undefined,
      )
      if (question !== undefined) asked.push({ same, question })
    }
    return asked
  }
}

type Test = { readonly file: string; readonly test: PolicyTest }
interface AskedByTest {
  readonly test: Test
  readonly question?: PolicyQuestion
  readonly problem?: string
}

/** Throws `body_too_large` and `invalid_request` for what could not stand in a file. */
export function refuseUnwritable({ file, text }: PolicyDraft): void {
  if (text === null) return
  if (Buffer.byteLength(text) > MAX_POLICY_FILE_BYTES) {
    throw new CastellanError(
      'body_too_large',
      `${file} would be larger than ${MAX_POLICY_FILE_BYTES / 1024} KiB. Put the rules into several files.`,
    )
  }
  if (!text.isWellFormed()) {
    throw new CastellanError('invalid_request', `${file} has half a character in it, which no file can hold.`)
  }
}

/** The folder's rules and tests with the draft in its place. Throws {@link PolicyInvalid}. */
async function filesWith(folder: string, { file, text }: PolicyDraft) {
  const put = (files: readonly RuleText[], ending: string): RuleText[] => {
    const others = files.filter(({ name }) => name !== file)
    const own = text !== null && file.endsWith(ending) ? [{ name: file, text }] : []
    return [...others, ...own].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
  const rules = put(await readFolder(folder), '.cedar')
  return { rules, tests: readTests(put(await readTestsOf(folder), '.test.json')) }
}

function problemsOf(error: unknown): { readonly problems: readonly PolicyProblem[] } {
  if (error instanceof PolicyInvalid) return error
  throw error
}

function refused(
  base: Pick<PolicyTrial, 'policy_digest' | 'loaded_entry'>,
  problems: readonly PolicyProblem[],
): PolicyTrial {
  return {
    ...base,
    ok: false,
    problems: problems.map(({ file, line, message }) => ({ file, message, ...(line === undefined ? {} : { line }) })),
    rules: { added: [], changed: [], removed: [] },
    warnings: [],
    tests: { passed: 0, failed: [] },
    calls: null,
    kinds: { asked: 0, complete: false, changed: 0, differences: [] },
  }
}

function plain({ principal, tool, args, input, resources, context }: PolicyQuestion): PlainQuestion {
  return { principal, tool: tool.name, args, input, resources, context }
}
