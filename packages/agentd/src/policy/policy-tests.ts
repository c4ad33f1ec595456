import {
  AgentName,
  CastellanError,
  describeIssues,
  PolicyExplainRequest,
  type PolicyExplanation,
  PolicyVerdict,
  ToolResource,
} from '@castellan/contracts'
import { z } from 'zod'
import type { PolicyDecision } from './policy.ts'
import { PolicyInvalid, type RuleText } from './read-rules.ts'

/** One test of a policy: a call, and what is expected of it. */
const PolicyTest = PolicyExplainRequest.omit({ session: true }).extend({
  /** What the test says, one sentence. */
  name: z.string().min(1).max(200),
  expect: PolicyVerdict,
  /** The rule that is to decide; any without it. */
  rule: z.string().optional(),
  /** How many people are to be asked; any number without it. */
  approvals: z.int().optional(),
  agent: AgentName.default(AgentName.parse('main')),
  /** What the call is about, instead of what its tool makes of the arguments on this machine. */
  resources: z.array(ToolResource).optional(),
})
export type PolicyTest = z.output<typeof PolicyTest>

const PolicyTestFile = z.strictObject({ tests: z.array(PolicyTest).max(5000) })

export interface PolicyTestResult {
  readonly file: string
  readonly name: string
  readonly ok: boolean
  /** What came out instead; absent where all is well. */
  readonly problem?: string
}

/** Reads test files. Throws {@link PolicyInvalid}. */
export function readTests(files: readonly RuleText[]): { readonly file: string; readonly test: PolicyTest }[] {
  return files.flatMap(({ name, text }) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new PolicyInvalid([{ file: name, line: undefined, message: `it is no JSON (${(error as Error).message})` }])
    }
    const read = PolicyTestFile.safeParse(value)
    if (read.success) return read.data.tests.map((test) => ({ file: name, test }))
    throw new PolicyInvalid([{ file: name, line: undefined, message: describeIssues(read.error) }])
  })
}

/** Runs one test; `explain` says what the policy decides. */
export async function runTest(
  { file, test }: { readonly file: string; readonly test: PolicyTest },
  explain: (test: PolicyTest) => Promise<PolicyExplanation>,
): Promise<PolicyTestResult> {
  try {
    const { decision, rule, reasons, approvals } = await explain(test)
    return resultOf({ file, test }, { decision, rule, reason: reasons[0] ?? '', ...(approvals && { approvals }) })
  } catch (error) {
    if (error instanceof CastellanError) return { file, name: test.name, ok: false, problem: error.message }
    throw error
  }
}

/** Whether what was decided is what a test expects. */
export function resultOf(
  { file, test }: { readonly file: string; readonly test: PolicyTest },
  { decision, rule, reason, approvals }: PolicyDecision,
): PolicyTestResult {
  const { name } = test
  const people = decision === 'ask' ? (approvals ?? 1) : undefined
  const got = `${decision}${people === undefined ? '' : ` of ${people}`} by rule ${rule}: ${reason}`
  if (decision !== test.expect) return { file, name, ok: false, problem: `expected ${test.expect}, got ${got}` }
  if (test.rule !== undefined && rule !== test.rule) {
    return { file, name, ok: false, problem: `expected rule ${test.rule}, got ${got}` }
  }
  if (test.approvals !== undefined && people !== test.approvals) {
    return { file, name, ok: false, problem: `expected ${test.approvals} to be asked, got ${got}` }
  }
  return { file, name, ok: true }
}
