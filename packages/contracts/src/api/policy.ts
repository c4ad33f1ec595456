import { z } from 'zod'
import { LedgerIndex, Sha256Hex } from '../ids.ts'
import { PolicyExplainRequest, PolicyExplanation } from '../policy.ts'
import {
  MAX_POLICY_BODY_BYTES,
  PolicyDraft,
  PolicyFileName,
  PolicyRevocationRequest,
  PolicyTrial,
  PolicyVersions,
  PolicyView,
} from '../policy-change.ts'
import { defineOperation } from './operation.ts'
import { SIGNED_ERRORS, SignedWord, signedExample } from './signed.ts'

/** A signed word over the policy in force: its digest, and the ledger's entry that put it in force. */
export const SignedPolicyWord = SignedWord.extend({ policy: Sha256Hex, loaded: LedgerIndex })
export type SignedPolicyWord = z.infer<typeof SignedPolicyWord>

const DIGEST = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const AFTER = 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'
const text = [
  '@id("nginx-by-itself")',
  '@reason("Restarting nginx hurts nobody.")',
  'permit (principal is Agent, action == Action::"service_restart", resource == Unit::"nginx.service");',
  '',
].join('\n')

const view: z.input<typeof PolicyView> = {
  digest: DIGEST,
  state: 'ok',
  problems: [],
  folder: '/var/lib/castellan/policy',
  loaded_at: '2026-11-21T03:00:00.000Z',
  loaded_entry: 12,
  rules: [
    {
      id: 'nginx-by-itself',
      effect: 'permit',
      reason: 'Restarting nginx hurts nobody.',
      file: 'mine.cedar',
      line: 1,
      text: text.trim(),
      always: false,
    },
  ],
  files: [{ name: 'mine.cedar', text, sha256: AFTER }],
  saving: { possible: true },
}

const word = { ...signedExample, policy: DIGEST, loaded: 12 }
const draft = { file: 'mine.cedar', text }

export const getPolicy = defineOperation({
  id: 'getPolicy',
  method: 'GET',
  path: '/api/v1/policy',
  tag: 'policy',
  summary: 'The rules in force, the files that they come from, and whether these can be changed from here',
  description:
    'A rule of "always" holds the arguments of the calls that it allows, so this takes the scope that approvals take.',
  scope: 'operate',
  status: 200,
  answer: PolicyView,
  errors: ['agentd_unavailable'],
  example: { answer: view },
})

export const explainPolicy = defineOperation({
  id: 'explainPolicy',
  method: 'POST',
  path: '/api/v1/policy/explain',
  tag: 'policy',
  summary: 'What policy would decide about a call, by which rule, and what would have to be different',
  description: 'Nothing runs, nobody is asked and nothing is recorded.',
  scope: 'operate',
  body: PolicyExplainRequest,
  status: 200,
  answer: PolicyExplanation,
  errors: ['unknown_tool', 'invalid_arguments', 'agentd_unavailable'],
  example: {
    body: { tool: 'service_restart', args: { unit: 'nginx.service' }, mode: 'assist' },
    answer: {
      decision: 'ask',
      rule: 'agents-ask-to-change',
      where: 'default.cedar:27',
      reasons: ['This changes the machine, so a person has to agree.'],
      approvals: 1,
      otherwise: [{ if: 'the operator made the call', decision: 'allow', rule: 'operators-act' }],
      mode: 'assist',
      taint: [],
      resources: [{ kind: 'unit', id: 'nginx.service', access: 'write' }],
      policy_digest: DIGEST,
    },
  },
})

export const tryPolicy = defineOperation({
  id: 'tryPolicy',
  method: 'POST',
  path: '/api/v1/policy/trial',
  tag: 'policy',
  summary: 'What a change of one file would change; nothing is saved',
  description:
    'One file of rules (`*.cedar`) or of their tests (`*.test.json`) as it would be; `text` null takes it away. It is checked, the tests of ' +
    'the policy folder are run, and every kind of call that the rules tell apart is asked of both policies. With a `word` the newest 1,000 ' +
    'recorded calls are asked too: signed over `castellan policy v1`, `try`, the file, the digest of the policy in force, its `loaded_entry`, ' +
    '`none`, the SHA-256 of the text (or `none`), `none` and the time, a line each and each ended by a line feed. Without it they are left ' +
    'out, because whoever chooses the rules could read arguments out of what they decide. Takes a few seconds, and is given up after a minute.',
  scope: 'operate',
  body: PolicyDraft.extend({ word: SignedPolicyWord.optional() }),
  maxBodyBytes: MAX_POLICY_BODY_BYTES,
  status: 200,
  answer: PolicyTrial,
  errors: ['policy_invalid', 'busy', 'conflict', 'forbidden', ...SIGNED_ERRORS],
  example: {
    body: { ...draft, word },
    answer: {
      ok: true,
      policy_digest: DIGEST,
      loaded_entry: 12,
      becomes: AFTER,
      problems: [],
      rules: { added: ['nginx-by-itself'], changed: [], removed: [] },
      warnings: [],
      tests: { passed: 3, failed: [] },
      calls: {
        asked: 214,
        changed: 2,
        differences: [
          {
            index: 180,
            times: 2,
            tool: 'service_restart',
            caller: 'agent',
            agent: 'main',
            mode: 'assist',
            taint: [],
            before: { decision: 'ask', rule: 'agents-ask-to-change' },
            after: { decision: 'allow', rule: 'nginx-by-itself' },
          },
        ],
      },
      kinds: { asked: 220, complete: true, changed: 0, differences: [] },
    },
  },
})

const errors = ['policy_invalid', 'conflict', 'read_only', 'forbidden', 'busy', ...SIGNED_ERRORS] as const

export const changePolicy = defineOperation({
  id: 'changePolicy',
  method: 'POST',
  path: '/api/v1/policy/change',
  tag: 'policy',
  summary: 'Save a file that was tried, and put it in force, on an operator’s signed word',
  description:
    'Signed as a trial is, with `save` in the place of `try` and, in the place of the two `none`, `before` (or `none`) and `becomes`. It is ' +
    'refused where the policy, the file or what comes of it is another than was signed (`conflict`), where it does not check or a test fails ' +
    '(`policy_invalid`), where the files are declared elsewhere or cannot be written (`read_only`), and where the policy wants two people ' +
    'for any call (`forbidden`). The ledger has it before it takes effect. What the file said before is kept.',
  scope: 'admin',
  body: PolicyDraft.extend({ before: Sha256Hex.nullable(), becomes: Sha256Hex, word: SignedPolicyWord }),
  maxBodyBytes: MAX_POLICY_BODY_BYTES,
  status: 200,
  answer: PolicyView,
  errors,
  example: { body: { ...draft, before: null, becomes: AFTER, word }, answer: view },
})

export const revokePolicyRule = defineOperation({
  id: 'revokePolicyRule',
  method: 'POST',
  path: '/api/v1/policy/revocation',
  tag: 'policy',
  summary: 'End a rule that was made by saying always, on an operator’s signed word',
  description:
    'Signed as a trial is, with `revoke`, the rule’s id in the place of the file, and `none` for the three digests after the entry. It takes ' +
    'effect also where the files themselves cannot be changed from here: it only narrows.',
  scope: 'admin',
  body: PolicyRevocationRequest.extend({ word: SignedPolicyWord }),
  status: 200,
  answer: PolicyView,
  errors: ['not_found', 'policy_invalid', 'conflict', 'read_only', 'forbidden', ...SIGNED_ERRORS],
  example: { body: { rule: 'always-4f2a9c', word }, answer: view },
})

export const listPolicyVersions = defineOperation({
  id: 'listPolicyVersions',
  method: 'GET',
  path: '/api/v1/policy/versions',
  tag: 'policy',
  summary: 'What a file said before it was changed from afar, newest first',
  description:
    'At most twenty, those that a signed word replaced. To go back, try one and save it like any other text.',
  scope: 'operate',
  query: z.strictObject({ file: PolicyFileName }),
  status: 200,
  answer: PolicyVersions,
  errors: ['agentd_unavailable'],
  example: {
    query: { file: 'mine.cedar' },
    answer: {
      file: 'mine.cedar',
      versions: [{ replaced_at: '2026-11-21T03:00:00.000Z', text, sha256: AFTER }],
    },
  },
})
