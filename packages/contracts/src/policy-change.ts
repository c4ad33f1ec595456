import { z } from 'zod'
import { ApprovalProof } from './approvals.ts'
import { AgentName, LedgerIndex, Sha256Hex, Timestamp, ToolName } from './ids.ts'
import { PolicyStatus, PolicyVerdict } from './policy.ts'
import { SessionMode } from './sessions.ts'
import { TaintLabel } from './tools.ts'

/** Largest file of a policy folder, in bytes of UTF-8. */
export const MAX_POLICY_FILE_BYTES = 512 * 1024
/** Largest body that carries one: JSON writes some characters as several. */
export const MAX_POLICY_BODY_BYTES = 2 * MAX_POLICY_FILE_BYTES

/** A file of rules, or of their tests, that can be changed over agent.sock. */
export const PolicyFileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(cedar|test\.json)$/, 'must be a name like mine.cedar or mine.test.json')
  .refine((name) => !['default.cedar', 'restricted.cedar'].includes(name), 'is the name of rules that are built in')
export type PolicyFileName = z.infer<typeof PolicyFileName>

/** A file of the owner's policy folder as it is on the disk. */
export const PolicyFile = z.strictObject({ name: z.string(), text: z.string(), sha256: Sha256Hex })
export type PolicyFile = z.infer<typeof PolicyFile>

/** `GET /v1/policy` on both sockets: what is in force, the files that it was made of, and whether they can be changed from afar. */
export const PolicyView = PolicyStatus.extend({
  /** The ledger's entry that put it in force; null while the ledger took none. Every statement names it. */
  loaded_entry: LedgerIndex.nullable(),
  /** As they are on the disk now, by name; none where the folder cannot be read. */
  files: z.array(PolicyFile),
  /** Whether a signed word changes the files, or why it does not. Rules of "always" are revoked either way. */
  saving: z.discriminatedUnion('possible', [
    z.strictObject({ possible: z.literal(true) }),
    z.strictObject({ possible: z.literal(false), reason: z.string() }),
  ]),
})
export type PolicyView = z.infer<typeof PolicyView>

/**
 * Who wants it, over which policy in force: its digest and the ledger's entry that put it in force. `at` is at most five minutes
 * ago, and the proof covers {@link policyStatement}.
 */
export const PolicyWord = z.strictObject({
  policy: Sha256Hex,
  loaded: LedgerIndex,
  at: Timestamp,
  proof: ApprovalProof,
})
export type PolicyWord = z.infer<typeof PolicyWord>

/** One file of the policy folder as it would be; null: it is not there any more. */
export const PolicyDraft = z.strictObject({
  file: PolicyFileName,
  text: z.string().max(MAX_POLICY_FILE_BYTES).nullable(),
})
export type PolicyDraft = z.infer<typeof PolicyDraft>

/**
 * `POST /v1/policy/trial`: what a draft would change; nothing is written. On agent.sock it is compared over recorded calls only
 * with an operator's `word` for exactly this draft: whoever chooses the rules can read arguments out of what they decide.
 */
export const PolicyTrialRequest = PolicyDraft.extend({ word: PolicyWord.optional() })
export type PolicyTrialRequest = z.infer<typeof PolicyTrialRequest>

/** `POST /v1/policy/change` on agent.sock: a draft that was tried is written and put in force, on an operator's signed word. */
export const PolicyChangeRequest = PolicyDraft.extend({
  /** Of the file as it was read; null where there was none. */
  before: Sha256Hex.nullable(),
  /** The policy that comes of it, as its trial said. */
  becomes: Sha256Hex,
  word: PolicyWord,
})
export type PolicyChangeRequest = z.infer<typeof PolicyChangeRequest>

/** `POST /v1/policy/revocation` on agent.sock: a rule of "always" ends, on an operator's signed word. */
export const PolicyRevocationRequest = z.strictObject({
  rule: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be the id of a rule'),
  word: PolicyWord,
})
export type PolicyRevocationRequest = z.infer<typeof PolicyRevocationRequest>

/** What an operator puts a key's word under. */
export interface PolicyStatement {
  readonly act: 'try' | 'save' | 'revoke'
  /** The file's name, or the rule's id. */
  readonly about: string
  /** The policy in force, and the ledger's entry that put it in force. */
  readonly policy: string
  readonly loaded: number
  /** SHA-256 over the file's text as it is and as it is to be; null where there is none, absent where it is about none. */
  readonly before?: string | null
  readonly after?: string | null
  /** The policy that comes of it; only with `save`. */
  readonly becomes?: string
  readonly at: string
}

/**
 * The exact bytes (UTF-8) that such a proof covers. It is good for one policy, and for one loading of that: a policy that
 * comes back later, or after a start, is another entry in the ledger, so no statement serves twice.
 */
export function policyStatement({ act, about, policy, loaded, ...of }: PolicyStatement): string {
  const digests = [of.before, of.after, of.becomes].map((digest) => digest ?? 'none')
  return ['castellan policy v1', act, about, policy, String(loaded), ...digests, of.at, ''].join('\n')
}

const Decided = z.strictObject({ decision: PolicyVerdict, rule: z.string(), approvals: z.int().optional() })

/** What is wrong with a file, and where in it. */
export const PolicyProblemView = z.strictObject({ file: z.string(), line: z.int().optional(), message: z.string() })
export type PolicyProblemView = z.infer<typeof PolicyProblemView>

/** A recorded call that would be decided otherwise, were it made again now. Nothing of what was in it. */
export const CallDifference = z.strictObject({
  /** Its newest entry, and how many of the calls were the very same. */
  index: LedgerIndex,
  times: z.int(),
  tool: ToolName,
  caller: z.enum(['agent', 'operator', 'routine']),
  agent: AgentName,
  mode: SessionMode,
  taint: z.array(TaintLabel),
  before: Decided,
  after: Decided,
})
export type CallDifference = z.infer<typeof CallDifference>

/** A kind of call that would be decided otherwise, whether or not it was ever made. */
export const KindDifference = z.strictObject({
  /** Tools that neither policy tells apart. */
  tools: z.array(z.string()),
  caller: z.string(),
  agent: z.string(),
  mode: z.string(),
  taint: z.array(z.string()),
  about: z.string(),
  before: Decided,
  after: Decided,
})
export type KindDifference = z.infer<typeof KindDifference>

/** What a draft would change. */
export const PolicyTrial = z.strictObject({
  /** It is well-formed, fits the tools, and all tests pass: it can be saved. */
  ok: z.boolean(),
  /** With what it was compared. */
  policy_digest: Sha256Hex,
  loaded_entry: LedgerIndex.nullable(),
  /** The policy that would come of it; absent where the files are no policy. */
  becomes: Sha256Hex.optional(),
  problems: z.array(PolicyProblemView),
  /** Ids of rules that are not in force, are worded otherwise, or are gone. */
  rules: z.strictObject({ added: z.array(z.string()), changed: z.array(z.string()), removed: z.array(z.string()) }),
  /** What somebody who saves it should know, a sentence each. */
  warnings: z.array(z.string()),
  tests: z.strictObject({
    passed: z.int(),
    failed: z.array(z.strictObject({ file: z.string(), name: z.string(), problem: z.string() })),
  }),
  /** Over the newest 1,000 recorded calls; null where nobody's word opened them. */
  calls: z.strictObject({ asked: z.int(), changed: z.int(), differences: z.array(CallDifference) }).nullable(),
  /** Over every kind of call that the rules tell apart. `complete`: false where there was more to ask than there was time for. */
  kinds: z.strictObject({
    asked: z.int(),
    complete: z.boolean(),
    changed: z.int(),
    differences: z.array(KindDifference),
  }),
})
export type PolicyTrial = z.infer<typeof PolicyTrial>

/** `GET /v1/policy/versions?file=` on both sockets: a file as it was before it was changed from afar, newest first. */
export const PolicyVersions = z.strictObject({
  file: PolicyFileName,
  versions: z.array(z.strictObject({ replaced_at: Timestamp, text: z.string(), sha256: Sha256Hex })),
})
export type PolicyVersions = z.infer<typeof PolicyVersions>
