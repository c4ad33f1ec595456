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
import { makeOperatorKey, type OperatorKey } from '../../src/session/operator-key.ts'
import { keySigner } from '../../src/session/signer.ts'
import { strings } from '../../src/strings.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

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
    binding: {
      args_digest: sha256(contractsCanonicalJson(args)),
      policy_digest: sha256('policy'),
      nonce: 'n0nce',
      expires_at: '2026-11-21T05:00:00.000Z',
    },
    requested_at: '2026-11-21T04:50:00.000Z',
  }
  const signing = { approve: approvalSigningText('approve', asked), deny: approvalSigningText('deny', asked) }
  const { approval_id: id, reason, binding } = asked
  const approval: Approval = { id, reason, expiresAt: binding.expires_at, signing, answered: null, decision: null }
  const tool: ToolItem = { kind: 'tool', id: 1, callId: asked.call_id, name: asked.tool, args, approval, outcome: null }
  return { approval, tool }
}

const enrolled = async () => ({
  ...((await makeOperatorKey()) as OperatorKey),
  keyId: OperatorKeyId.parse('opk_12345678'),
})

test('the signature is Ed25519 over exactly the text agentd will check', async () => {
  const key = await enrolled()
  const { tool, approval } = question()
  const { key_id, signature } = await keySigner(() => key).sign(tool, approval, 'deny')
  const x = Buffer.from(key.publicKey, 'base64').toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  expect(key_id).toBe('opk_12345678')
  expect(verify(null, Buffer.from(approval.signing.deny), publicKey, Buffer.from(signature, 'base64'))).toBe(true)
})

test('without an enrolled key nothing is signed', async () => {
  const { tool, approval } = question()
  await expect(keySigner(() => null).sign(tool, approval, 'approve')).rejects.toThrow(strings.approval.noKey)
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
    await expect(keySigner(() => key).sign(shown.tool, approval, 'approve')).rejects.toThrow(strings.approval.mismatch)
  })

  test('arguments that were changed after the digest was made', async () => {
    const key = await enrolled()
    const tool = { ...shown.tool, args: { ...shown.tool.args, path: 'harmless.txt' } }
    await expect(keySigner(() => key).sign(tool, shown.approval, 'approve')).rejects.toThrow(strings.approval.mismatch)
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
