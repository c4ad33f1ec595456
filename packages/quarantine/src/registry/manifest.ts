import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson, Sha256Hex, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { RegistryError } from './error.ts'

/** What one stage of the examination said, as it stays beside the model. */
export const KeptVerdict = z.strictObject({
  stage: z.string().max(40),
  result: z.enum(['passed', 'noted', 'skipped']),
  /** One sentence. */
  summary: z.string().max(500),
})
export type KeptVerdict = z.infer<typeof KeptVerdict>

/** One model that was let in. */
export const RegisteredModel = z.strictObject({
  /** The first 16 digits of its digest. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().max(200),
  format: z.enum(['gguf', 'safetensors', 'folder']),
  /** Of the file; of a folder, SHA-256 over the canonical JSON of its files' names and digests. */
  sha256: Sha256Hex,
  bytes: z.int().min(0),
  /** Beside the manifest, the file's or folder's name; null for the built-in model, which comes with Castellan. */
  file: z
    .string()
    .regex(/^[0-9a-f]{64}(\.gguf|\.safetensors)?$/)
    .nullable(),
  architecture: z.string().max(80),
  parameters: z.number().min(0),
  contextTokens: z.int().min(0),
  /** The path it was copied from. */
  source: z.string().max(4096),
  /** Where whoever asked for it says that it came from; null where they said nothing. */
  declaredSource: z.string().max(2048).nullable(),
  /** Whether its digest was known beforehand, or was taken as it came. */
  pinned: z.boolean(),
  /** Who signed it, where a signature was there and held; null for one that nobody signed. */
  signer: z.string().max(300).nullable(),
  verdicts: z.array(KeptVerdict).max(16),
  importedAt: Timestamp,
  importedBy: z.string().max(80),
  /** Taken out of use; the file is kept so that this can be undone. */
  removed: z.boolean(),
})
export type RegisteredModel = z.infer<typeof RegisteredModel>

/** What is signed. `serial` grows with every change, so that an older list can be told from a newer one. */
export const RegistryBody = z.strictObject({
  version: z.literal(1),
  serial: z.int().min(1),
  issuedAt: Timestamp,
  models: z.array(RegisteredModel).max(1000),
})
export type RegistryBody = z.infer<typeof RegistryBody>

export const SignedRegistry = z.strictObject({ body: RegistryBody, signature: z.base64() })
export type SignedRegistry = z.infer<typeof SignedRegistry>

/** Most bytes that a manifest may have. */
export const MAX_REGISTRY_BYTES = 8 * 1024 * 1024

/** The exact bytes that are signed: RFC 8785 under a label of their own, so that the key's other uses cannot be taken for this. */
function signingText(body: RegistryBody): Buffer {
  return Buffer.from(`castellan model registry v1\n${canonicalJson(body)}`)
}

/** SHA-256 of what is signed, in hex: names one state of the registry. */
export function registryDigest(body: RegistryBody): string {
  return createHash('sha256').update(signingText(body)).digest('hex')
}

/** The manifest as a file, signed with an Ed25519 key. */
export function signRegistry(body: RegistryBody, key: KeyObject): string {
  const checked = RegistryBody.parse(body)
  const signature = sign(null, signingText(checked), key).toString('base64')
  return `${JSON.stringify({ body: checked, signature }, null, 2)}\n`
}

/** Reads and verifies a manifest. Throws `registry_damaged` or `registry_forged`. */
export function verifyRegistry(text: string, key: KeyObject): RegistryBody {
  const parsed = SignedRegistry.safeParse(asJson(text))
  if (!parsed.success) {
    throw new RegistryError('registry_damaged', 'The list of trusted models is not in the form that agentd writes.')
  }
  const { body, signature } = parsed.data
  if (verify(null, signingText(body), key, Buffer.from(signature, 'base64'))) return body
  throw new RegistryError('registry_forged', "The list of trusted models does not carry agentd's signature.")
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
