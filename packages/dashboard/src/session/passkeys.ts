import type { PasskeyAssertion, PasskeyAttestation } from '@castellan/contracts'
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { sha256Base64Url } from './bytes.ts'

/** COSE algorithms (RFC 9053) that agentd checks: Ed25519, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257]

/** What the page asks of authenticators. */
export interface Passkeys {
  /** Whether one can be made here: the browser can, and the page has a name rather than a bare address. */
  readonly possible: boolean
  /** Makes a passkey with this challenge (base64url). Rejects when the person refuses. */
  create(challenge: string, name: string): Promise<PasskeyAttestation>
  /** Signs the SHA-256 of a text, once the authenticator has checked who is there. */
  sign(credentialId: string, text: string): Promise<PasskeyAssertion>
  /** The same with whichever passkey for this page its owner picks, which their authenticator shows them; no name is typed. */
  pick(text: string): Promise<{ readonly credentialId: string; readonly assertion: PasskeyAssertion }>
}

export function browserPasskeys(place: Pick<Location, 'hostname'>): Passkeys {
  const rpId = place.hostname
  return {
    possible: browserSupportsWebAuthn() && !isAddress(rpId),
    async create(challenge, name) {
      const { id, response } = await startRegistration({
        optionsJSON: {
          challenge,
          rp: { id: rpId, name: 'Castellan' },
          user: { id: await sha256Base64Url(challenge), name, displayName: name },
          pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
          authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
          attestation: 'none',
        },
      })
      return { credential_id: id, client_data: response.clientDataJSON, attestation: response.attestationObject }
    },
    sign: async (credentialId, text) => (await asserted(rpId, text, [credentialId])).assertion,
    pick: (text) => asserted(rpId, text, []),
  }
}

/** Signs with one of these; with any that the authenticator can find by itself where there are none. */
async function asserted(rpId: string, text: string, credentialIds: readonly string[]) {
  const { id, response } = await startAuthentication({
    optionsJSON: {
      challenge: await sha256Base64Url(text),
      rpId,
      allowCredentials: credentialIds.map((id) => ({ id, type: 'public-key' })),
      userVerification: 'required',
    },
  })
  const { clientDataJSON, authenticatorData, signature } = response
  const assertion = { client_data: clientDataJSON, authenticator_data: authenticatorData, signature }
  return { credentialId: id, assertion }
}

/** Passkeys belong to domains (WebAuthn Level 3, section 5.1.3): `localhost` is one, 127.0.0.1 is not. */
function isAddress(hostname: string): boolean {
  return /^[\d.]+$/.test(hostname) || hostname.startsWith('[')
}
