import { z } from 'zod'
import { Sha256Hex, Timestamp } from './ids.ts'

/** What runs, as digests; what a quote is over beside the registers of the TPM. */
export const RunningSet = z.strictObject({
  castellan: z.string().max(64),
  /** The NixOS system; null on other hosts. */
  system: z.string().nullable(),
  policy: Sha256Hex,
  /** Of the integrity baseline; null before one was taken. */
  baseline: Sha256Hex.nullable(),
  /** Of the signed list of models; null where there is none. */
  models: Sha256Hex.nullable(),
})
export type RunningSet = z.infer<typeof RunningSet>

/** Random bytes of whoever asks, in hex, so that no older quote serves. */
export const AttestationNonce = z.string().regex(/^([0-9a-f]{2}){16,32}$/, 'must be 16 to 32 bytes in hex')

/** `POST /v1/attestation` on operator.sock. */
export const AttestationRequest = z.strictObject({ nonce: AttestationNonce })

/**
 * A quote of this machine's TPM (TPM 2.0 Library, part 2, 10.12.8) over its registers, the nonce and the running set:
 * `extraData` of `message` is SHA-256 over {@link attestationText}.
 */
export const Attestation = z.strictObject({
  at: Timestamp,
  nonce: AttestationNonce,
  set: RunningSet,
  /** TPMS_ATTEST, and ECDSA over its SHA-256 in DER; base64. */
  message: z.base64().max(4096),
  signature: z.base64().max(1024),
  /** The attestation key, SPKI in PEM. */
  public_key: z.string().max(2048),
  /** The SHA-256 registers by number, in hex. */
  pcrs: z.record(z.string().regex(/^\d{1,2}$/), Sha256Hex),
})
export type Attestation = z.infer<typeof Attestation>

/** The exact bytes (UTF-8) whose SHA-256 a quote carries. */
export function attestationText(nonce: string, set: RunningSet): string {
  const { castellan, system, policy, baseline, models } = set
  return ['castellan attestation v1', nonce, castellan, system ?? '-', policy, baseline ?? '-', models ?? '-', ''].join(
    '\n',
  )
}
