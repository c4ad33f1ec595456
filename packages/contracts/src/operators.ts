import { z } from 'zod'
import { OperatorKeyId, Sha256Hex, Timestamp } from './ids.ts'

const Base64Url = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding')

/** A passkey's signature (WebAuthn Level 3, section 5.2.2): what `navigator.credentials.get` answered. */
export const PasskeyAssertion = z.strictObject({
  client_data: Base64Url,
  authenticator_data: Base64Url,
  signature: Base64Url,
})
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** A new passkey (WebAuthn Level 3, section 5.2.1): what `navigator.credentials.create` answered. */
export const PasskeyAttestation = z.strictObject({
  credential_id: Base64Url.max(1400),
  client_data: Base64Url,
  attestation: Base64Url,
})
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

/** What keys the sign-in MACs: the code in upper case without dashes and blanks, look-alikes read as Crockford has them. */
export function normalSignInCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
}

/**
 * `POST /v1/sign-ins` and `POST /v1/operators/invitations` on operator.sock answer with a one-time code: 100 bits in
 * Crockford's base32, in groups. The code never travels: with key = {@link normalSignInCode}(code) the page proves it by
 * `proof` = HMAC-SHA-256(key, "castellan sign-in"), and binds its operator key to it by `key_mac` = HMAC-SHA-256(key,
 * {@link enrolmentText}), both hex. `POST /v1/sign-ins/redeem` on agent.sock.
 */
export const SignInCode = z.strictObject({ code: z.string(), expires_at: Timestamp })
export type SignInCode = z.infer<typeof SignInCode>

const KeyName = z.string().trim().min(1).max(80)

/** `POST /v1/operators/invitations` on operator.sock: a sign-in code with which this person enrols a browser or a passkey. */
export const OperatorInvitation = z.strictObject({ name: KeyName, person: KeyName.optional() })
export type OperatorInvitation = z.infer<typeof OperatorInvitation>

/** What a page may bring to a sign-in: a new Ed25519 key, a new passkey, or a passkey that is enrolled already. */
export const SignInKey = z.union([
  /** Raw 32 bytes (RFC 8032), base64. */
  z.strictObject({ name: z.string().max(80), public_key: z.base64(), key_mac: Sha256Hex }),
  /** Made with the challenge HMAC-SHA-256(key, "castellan passkey"). */
  z.strictObject({ name: z.string().max(80), passkey: PasskeyAttestation, key_mac: Sha256Hex }),
  z.strictObject({ key_id: OperatorKeyId, key_mac: Sha256Hex }),
])
export type SignInKey = z.infer<typeof SignInKey>

/** What `key_mac` covers. */
export function enrolmentText(key: SignInKey): string {
  if ('public_key' in key) return `castellan enrol ${key.public_key}`
  if ('key_id' in key) return `castellan use ${key.key_id}`
  const { credential_id, client_data, attestation } = key.passkey
  return `castellan enrol passkey ${credential_id} ${client_data} ${attestation}`
}

/** `key` is absent where the browser can make none. */
export const SignInRedemption = z.strictObject({ proof: Sha256Hex, key: SignInKey.optional() })
export type SignInRedemption = z.infer<typeof SignInRedemption>

export const SignInResult = z.strictObject({ key_id: OperatorKeyId.nullable() })
export type SignInResult = z.infer<typeof SignInResult>

/**
 * `POST /v1/sign-ins/assertion` on agent.sock: a browser signs in with a key that is enrolled, by its signature over
 * {@link signInText}. The gateway made the nonce (256 bits, base64url) and takes it once.
 */
export const SignInAssertion = z.strictObject({
  nonce: Base64Url.length(43),
  key: z.union([
    z.strictObject({ key_id: OperatorKeyId, signature: z.base64().max(128) }),
    /** WebAuthn, with the SHA-256 of the text for its challenge. */
    z.strictObject({ credential_id: Base64Url.max(1400), assertion: PasskeyAssertion }),
  ]),
})
export type SignInAssertion = z.infer<typeof SignInAssertion>

/** The exact bytes (UTF-8) that a sign-in with a key covers. No approval ever reads like this. */
export function signInText(nonce: string): string {
  return `castellan sign-in v1\n${nonce}\n`
}

/** A key whose signature approves calls. A revoked one stays listed, so that what it approved can be told. */
export const OperatorKey = z.strictObject({
  key_id: OperatorKeyId,
  name: KeyName,
  /** Whose key it is. Where two people have to agree, two keys of one person count once. */
  person: KeyName.default('owner'),
  kind: z.enum(['ed25519', 'passkey']).default('ed25519'),
  /** Ed25519: raw 32 bytes; a passkey: its COSE key (RFC 9052, section 7). Base64. */
  public_key: z.base64(),
  enrolled_at: Timestamp,
  /** By root on operator.sock, or by whoever had a sign-in code. */
  enrolled_by: z.enum(['operator', 'sign_in', 'configuration']),
  /** When it last signed something, to within ten minutes; absent where it never did. */
  last_used_at: Timestamp.optional(),
  revoked_at: Timestamp.optional(),
})
export type OperatorKey = z.infer<typeof OperatorKey>

/** `GET /v1/operators` on operator.sock, oldest first. */
export const OperatorListing = z.strictObject({ operators: z.array(OperatorKey) })
export type OperatorListing = z.infer<typeof OperatorListing>

/** `POST /v1/operators` on operator.sock. Without `person` the name says whose key it is. */
export const OperatorEnrolment = z.strictObject({ name: KeyName, public_key: z.base64(), person: KeyName.optional() })
export type OperatorEnrolment = z.infer<typeof OperatorEnrolment>

/** `PATCH /v1/operators/:id` on operator.sock. */
export const OperatorRenaming = z.strictObject({ name: KeyName })
export type OperatorRenaming = z.infer<typeof OperatorRenaming>

/** `GET /v1/operators/key?public_key=` on agent.sock: the id under which a key is enrolled, for who holds its other half. */
export const OperatorKeyQuery = z.strictObject({ public_key: z.base64().max(128) })
export const OperatorKeyName = OperatorKey.pick({ key_id: true, name: true, person: true })
export type OperatorKeyName = z.infer<typeof OperatorKeyName>
