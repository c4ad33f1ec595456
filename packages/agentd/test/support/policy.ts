import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorKey, type PolicyStatement, PolicyTrial, PolicyView, policyStatement } from '@castellan/contracts'
import type { TestAgentd } from './agentd.ts'

export interface SigningKey {
  readonly key_id: string
  readonly secret: KeyObject
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
export const digestOf = (text: string | null) => (text === null ? null : sha256(text))

export async function enrol(agentd: TestAgentd, name = 'laptop'): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', {
    body: { name, public_key },
    schema: OperatorKey,
  })
  return { key_id, secret: privateKey }
}

export function writeRules(stateDir: string, name: string, text: string): string {
  const folder = join(stateDir, 'policy')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}

export const viewOf = (agentd: TestAgentd) => agentd.agent.request('GET', '/v1/policy', { schema: PolicyView })

/** An operator's word over what is in force now; `of` says what it is about, or what it lies about. */
export function wordOf(
  { key_id, secret }: SigningKey,
  { digest, loaded_entry }: Pick<PolicyView, 'digest' | 'loaded_entry'>,
  of: Pick<PolicyStatement, 'act' | 'about' | 'before' | 'after' | 'becomes'> & { readonly at?: string },
) {
  const at = of.at ?? new Date().toISOString()
  const named = { policy: digest, loaded: loaded_entry ?? -1, at }
  const signature = sign(null, Buffer.from(policyStatement({ ...of, ...named })), secret).toString('base64')
  return { ...named, proof: { kind: 'signature', key_id, signature } }
}

/** Tries a draft over agent.sock, with recorded calls where a key opens them. */
export async function tryDraft(agentd: TestAgentd, file: string, text: string | null, key?: SigningKey) {
  const word = key && wordOf(key, await viewOf(agentd), { act: 'try', about: file, after: digestOf(text) })
  const body = { file, text, ...(word && { word }) }
  return agentd.agent.request('POST', '/v1/policy/trial', { body, schema: PolicyTrial, timeoutMs: 90_000 })
}

/** What a page sends to save a draft that it tried. */
export async function changeOf(agentd: TestAgentd, key: SigningKey, file: string, text: string | null) {
  const view = await viewOf(agentd)
  const before = view.files.find(({ name }) => name === file)?.sha256 ?? null
  const { becomes = view.digest } = await tryDraft(agentd, file, text)
  const word = wordOf(key, view, { act: 'save', about: file, before, after: digestOf(text), becomes })
  return { file, text, before, becomes, word }
}

export const sendChange = (agentd: TestAgentd, body: unknown) =>
  agentd.agent.request('POST', '/v1/policy/change', { body, schema: PolicyView, timeoutMs: 90_000 })

/** Tries, signs and saves. */
export async function saveDraft(agentd: TestAgentd, key: SigningKey, file: string, text: string | null) {
  return sendChange(agentd, await changeOf(agentd, key, file, text))
}
