import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  type Approval as AgentdApproval,
  AgentName,
  approvalSigningText,
  canonicalJson as contractsCanonicalJson,
  newId,
  OperatorKeyId,
  ToolName,
} from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Approval, ToolItem } from '../../src/chat/state.ts'
import { canonicalJson } from '../../src/session/canonical.ts'
import { type BrowserKey, makeBrowserKey, type OperatorKey } from '../../src/session/operator-key.ts'
import type { Passkeys } from '../../src/session/passkeys.ts'
import { keySigner } from '../../src/session/signer.ts'
import { strings } from '../../src/strings.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const RULE = 'permit (principal, action, resource);'

const passkeys: Pick<Passkeys, 'sign'> = {
  sign: async (credentialId, text) => ({
    client_data: sha256(text),
    authenticator_data: credentialId,
    signature: 'c2ln',
  }),
}
const signerOf = (key: OperatorKey | null) => keySigner(() => key, passkeys)

/** An approval as agentd has it, and as the page is shown it. */
function question(args: Record<string, unknown> = { path: 'notes.txt', content: 'Größe: 1\n', mode: 'create' }) {
  const asked: AgentdApproval = {
    approval_id: newId('apr'),
    state: 'pending',
    call_id: newId('call'),
    session: newId('ses'),
    agent: AgentName.parse('main'),
    tool: ToolName.parse('file_write'),
    effect: 'change',
    args,
    reason: 'It changes the machine.',
    ahead: false,
    taint: [],
    always: { possible: true, rule: RULE, digest: sha256(RULE) },
    needed: 1,
    votes: [],
    binding: {
      args_digest: sha256(contractsCanonicalJson(args)),
      policy_digest: sha256('policy'),
      nonce: 'n0nce',
      expires_at: '2026-11-21T05:00:00.000Z',
    },
    requested_at: '2026-11-21T04:50:00.000Z',
  }
  const signing = {
    approve: approvalSigningText('approve', asked),
    deny: approvalSigningText('deny', asked),
    always: approvalSigningText('always', asked),
  }
  const { approval_id: id, reason, binding, always } = asked
  const approval: Approval = {
    ...{ id, reason, expiresAt: binding.expires_at, signing, always },
    ...{ preview: null, previewProblem: null, taint: [], votes: null, answered: null, decision: null },
  }
  const tool: ToolItem = {
    ...{ kind: 'tool', id: 1, callId: asked.call_id, name: asked.tool, args, approval, outcome: null },
    ...{ since: null, progress: null },
  }
  return { approval, tool }
}

const enrolled = async () => ({
  ...((await makeBrowserKey()) as BrowserKey),
  keyId: OperatorKeyId.parse('opk_12345678'),
})

test('the signature is Ed25519 over exactly the text agentd will check', async () => {
  const key = await enrolled()
  const { tool, approval } = question()
  const proof = await signerOf(key).sign(tool, approval, 'deny')
  if (!('signature' in proof)) throw new Error('a browser key makes signatures')
  const { key_id, signature } = proof
  const x = Buffer.from(key.publicKey, 'base64').toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  expect(key_id).toBe('opk_12345678')
  expect(verify(null, Buffer.from(approval.signing.deny), publicKey, Buffer.from(signature, 'base64'))).toBe(true)
})

test('without an enrolled key nothing is signed', async () => {
  const { tool, approval } = question()
  await expect(signerOf(null).sign(tool, approval, 'approve')).rejects.toThrow(strings.approval.noKey)
})

describe('nothing is signed that is not the call on the screen', () => {
  const shown = question()
  const other = question({ path: '/etc/shadow', content: '', mode: 'overwrite' })
  const { approve, deny } = shown.approval.signing
  test.each<[string, string]>([
    ['the text of another call', other.approval.signing.approve],
    ['the other verdict', deny],
    ['another tool', approve.replace('file_write', 'file_delete')],
    ['a later end', approve.replace('2026-11-21T05', '2027-11-21T05')],
    ['one line more', `${approve}more\n`],
    ['another kind of text', approve.replace('approval v1', 'approval v2')],
    ['nothing', ''],
  ])('%s', async (_what, text) => {
    const key = await enrolled()
    const approval = { ...shown.approval, signing: { approve: text, deny: text } }
    await expect(signerOf(key).sign(shown.tool, approval, 'approve')).rejects.toThrow(strings.approval.mismatch)
  })

  test('arguments that were changed after the digest was made', async () => {
    const key = await enrolled()
    const tool = { ...shown.tool, args: { ...shown.tool.args, path: 'harmless.txt' } }
    await expect(signerOf(key).sign(tool, shown.approval, 'approve')).rejects.toThrow(strings.approval.mismatch)
  })
})

test('a passkey signs the same text', async () => {
  const { tool, approval } = question()
  const key = { credentialId: 'Y3JlZA', keyId: OperatorKeyId.parse('opk_12345678') }
  expect(await signerOf(key).sign(tool, approval, 'approve')).toEqual({
    key_id: 'opk_12345678',
    assertion: { client_data: sha256(approval.signing.approve), authenticator_data: 'Y3JlZA', signature: 'c2ln' },
  })
})

describe('"always" covers the rule that is shown', () => {
  test('exactly', async () => {
    const { tool, approval } = question()
    await expect(signerOf(await enrolled()).sign(tool, approval, 'always')).resolves.toHaveProperty('signature')
  })

  test.each<[string, (approval: Approval) => Partial<Approval>]>([
    ['another rule', () => ({ always: { possible: true, rule: 'permit (all);', digest: '' } })],
    ['no rule', () => ({ always: { possible: false, reason: 'bash runs anything.' } })],
    ['no text for it', ({ signing: { always: _, ...signing } }) => ({ signing })],
    ['a text without the rule', ({ signing }) => ({ signing: { ...signing, always: signing.approve } })],
  ])('and nothing is signed over %s', async (_what, change) => {
    const { tool, approval } = question()
    const changed = { ...approval, ...change(approval) }
    const signing = signerOf(await enrolled()).sign(tool, changed, 'always')
    await expect(signing).rejects.toThrow(strings.approval.mismatch)
  })
})

test('JSON is made canonical as the contracts do it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsed: unknown = JSON.parse(JSON.stringify(value))
      expect(canonicalJson(parsed)).toBe(contractsCanonicalJson(parsed))
    }),
  )
})
