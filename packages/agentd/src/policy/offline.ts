import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CastellanError,
  type PolicyExplainRequest,
  type PolicyExplanation,
  type PolicyRule,
  type RecordedCalls,
  SessionMode,
  type Sha256Hex,
} from '@castellan/contracts'
import { Registry } from '../calls/registry.ts'
import { Accounts } from '../host/accounts.ts'
import { Files } from '../host/files/files.ts'
import { Trash } from '../host/files/trash.ts'
import type { Host } from '../host/index.ts'
import { Sandbox } from '../sandbox/index.ts'
import { StateKeys } from '../state/keys.ts'
import { tools } from '../tools/index.ts'
import { ALWAYS_FILE } from './always-file.ts'
import { builtInRules, builtInTests, withDefaults } from './built-in.ts'
import { schemaText } from './cedar.ts'
import { CedarPolicy } from './cedar-policy.ts'
import { type Comparison, compare } from './compare.ts'
import { explain, questionOf } from './explain.ts'
import { readFolder, readTestsOf } from './folder.ts'
import type { PolicyQuestion } from './policy.ts'
import { type PolicyTest, type PolicyTestResult, readTests, runTest } from './policy-tests.ts'
import { describeProblem, PolicyInvalid, readRules } from './read-rules.ts'
import { policySchema } from './schema.ts'

/**
 * A policy folder on its own, without an agentd: to check, to test, to ask and to compare before it is put in force. It
 * decides with the same code. What calls are about is found out in an empty workspace.
 */
export class OfflinePolicy implements AsyncDisposable {
  readonly #policy: CedarPolicy
  readonly #folder: string
  readonly #scratch: string
  readonly #registry = new Registry(tools)
  readonly #host: Host

  private constructor(policy: CedarPolicy, folder: string, scratch: string, host: Host) {
    this.#policy = policy
    this.#folder = folder
    this.#scratch = scratch
    this.#host = host
  }

  /** Throws `policy_invalid` with everything that is wrong with the files. */
  static async open(folder: string): Promise<OfflinePolicy> {
    const policy = await saying(async () => {
      const owners = readRules(await readFolder(folder), tools)
      return new CedarPolicy(withDefaults(owners, builtInRules('default')))
    })
    const scratch = await mkdtemp(join(tmpdir(), 'castellan-policy-'))
    try {
      return new OfflinePolicy(policy, folder, scratch, await emptyHost(scratch))
    } catch (error) {
      await rm(scratch, { recursive: true, force: true })
      throw error
    }
  }

  get digest(): Sha256Hex {
    return this.#policy.digest
  }

  get rules(): PolicyRule[] {
    return this.#policy.rules.map(({ json: _, reads: __, wants: ___, ...rule }) => ({
      ...rule,
      always: rule.file === ALWAYS_FILE,
    }))
  }

  /** Throws `unknown_tool` and `invalid_arguments`. */
  explain(request: PolicyExplainRequest): Promise<PolicyExplanation> {
    return explain(this.#parts, request)
  }

  /** Runs the tests in the folder, or those that come with the default policy. Throws `policy_invalid`. */
  async test({ builtIn }: { readonly builtIn: boolean }): Promise<PolicyTestResult[]> {
    const files = await saying(async () => readTests(builtIn ? [builtInTests()] : await readTestsOf(this.#folder)))
    const results: PolicyTestResult[] = []
    for (const file of files) results.push(await runTest(file, (test) => this.#explainTest(test)))
    return results
  }

  /** What another folder decides differently, also about calls that were really made. */
  async compare(other: OfflinePolicy, recorded: RecordedCalls['calls']): Promise<Comparison> {
    const questions: PolicyQuestion[] = []
    for (const { caller, agent, tool, args } of recorded) {
      const question = await questionOf(this.#parts, { caller, agent, tool, args, agreed: false }).catch(
        () => undefined,
      )
      // Of tools and arguments that are no longer there, nothing can be said.
      if (question !== undefined) questions.push(question)
    }
    return compare(this.#policy, other.#policy, tools, questions)
  }

  /** What rules can name and read, in Cedar's own notation. */
  static schema(): string {
    return schemaText(policySchema(tools))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
  }

  get #parts() {
    const sessions = { mode: () => SessionMode.enum.assist, labels: () => [] }
    return { policy: this.#policy, registry: this.#registry, host: this.#host, sessions }
  }

  #explainTest({ name: _, expect: __, rule: ___, approvals: ____, resources, ...request }: PolicyTest) {
    return explain(this.#parts, request, resources)
  }
}

async function saying<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error
    const problems = error.problems.map(describeProblem)
    throw new CastellanError('policy_invalid', problems.join(' '), { detail: { problems }, cause: error })
  }
}

/** The ports that finding out what a call is about needs; it is never made. */
async function emptyHost(folder: string): Promise<Host> {
  const keys = await StateKeys.open(folder, [])
  const limits = { quotaBytes: 1024 * 1024, maxAgeDays: 1 }
  const trash = await Trash.open(join(folder, 'trash'), keys.derive('castellan trash v1'), limits)
  const files = await Files.open([{ path: folder, access: 'write' }], trash, new Accounts())
  const ports = { files, trash, sandbox: new Sandbox(folder) }
  return new Proxy(ports, {
    get(target, name) {
      // Whoever waits for the host asks whether it is a promise.
      if (name === 'then' || Reflect.has(target, name)) return Reflect.get(target, name) as unknown
      throw new CastellanError(
        'unsupported_host',
        `What this call is about can only be found out by a running agentd (${String(name)}).`,
      )
    },
  }) as unknown as Host
}
