import { createHash } from 'node:crypto'
import { CastellanError, type PasskeyAssertion, type PasskeyAttestation } from '@castellan/contracts'
import { z } from 'zod'

/** Three hundred modules, for those who have passkeys: loaded by the first one. */
const webAuthn = () => import('@simplewebauthn/server')

/** Where passkeys of this instance may be used (WebAuthn Level 3, sections 5.1.2 and 13.4.9). */
export interface PasskeyPlace {
  /** The domain that passkeys belong to, without scheme and port. */
  readonly rpId: string
  /** The pages that may use them, e.g. `https://castellan.example.org`. */
  readonly origins: readonly string[]
}

/** What agentd keeps of a passkey: nothing secret, and how often it says it was used. */
export const Passkey = z.strictObject({
  credential_id: z.string(),
  /** COSE key (RFC 9052), base64. */
  public_key: z.base64(),
  counter: z.int().min(0),
})
export type Passkey = z.infer<typeof Passkey>

/**
 * Checks a new passkey: made by one of our pages, with this challenge, by an authenticator that checked who is there.
 * Throws `signature_invalid` with what is wrong.
 */
export async function readAttestation(
  { credential_id, client_data, attestation }: PasskeyAttestation,
  challenge: string,
  place: PasskeyPlace,
): Promise<Passkey> {
  const { verifyRegistrationResponse } = await webAuthn()
  const answer = await verifyRegistrationResponse({
    response: {
      id: credential_id,
      rawId: credential_id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: client_data, attestationObject: attestation },
    },
    expectedChallenge: challenge,
    expectedOrigin: [...place.origins],
    expectedRPID: place.rpId,
    requireUserVerification: true,
  }).catch((cause: unknown) => {
    throw refused('This passkey was not made for this page', cause)
  })
  if (!answer.verified) throw refused('This passkey was not made for this page')
  const { id, publicKey, counter } = answer.registrationInfo.credential
  return { credential_id: id, public_key: Buffer.from(publicKey).toString('base64'), counter }
}

/**
 * Checks that a passkey stands behind a text: its challenge is the text's SHA-256, its person was verified, and its
 * counter went on. Answers the new counter. Throws `signature_invalid` with what is wrong.
 */
export async function checkAssertion(
  passkey: Passkey,
  text: string,
  { client_data, authenticator_data, signature }: PasskeyAssertion,
  place: PasskeyPlace,
): Promise<number> {
  const { credential_id: id, public_key, counter } = passkey
  const { verifyAuthenticationResponse } = await webAuthn()
  const answer = await verifyAuthenticationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: client_data, authenticatorData: authenticator_data, signature },
    },
    expectedChallenge: createHash('sha256').update(text).digest('base64url'),
    expectedOrigin: [...place.origins],
    expectedRPID: place.rpId,
    credential: { id, publicKey: new Uint8Array(Buffer.from(public_key, 'base64')), counter },
    requireUserVerification: true,
  }).catch((cause: unknown) => {
    throw refused('The passkey did not sign this decision about this call', cause)
  })
  if (!answer.verified) throw refused('The passkey did not sign this decision about this call')
  return answer.authenticationInfo.newCounter
}

function refused(what: string, cause?: unknown): CastellanError {
  const why = cause instanceof Error ? ` (${cause.message.slice(0, 300)})` : ''
  return new CastellanError('signature_invalid', `${what}${why}. Nothing was done.`, { cause })
}
