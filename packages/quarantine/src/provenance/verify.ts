import { createPublicKey } from 'node:crypto'
import {
  type BundleWithDsseEnvelope,
  bundleFromJSON,
  isBundleWithDsseEnvelope,
  isBundleWithPublicKey,
} from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { type CandidateFile, checkStatement } from './statement.ts'
import type { ProvenanceTrust } from './trust.ts'

export type Provenance =
  | { readonly state: 'unsigned' }
  /** The signature holds for these files, by somebody whom the owner trusts. */
  | { readonly state: 'verified'; readonly signer: string; readonly kind: string }
  /** It may hold, but not by anybody whom the owner trusts. */
  | { readonly state: 'unknown_signer'; readonly why: string }
  /** It does not hold, or not for these files. */
  | { readonly state: 'invalid'; readonly why: string }

export interface ProvenanceQuestion {
  /** A Sigstore bundle in its JSON form; undefined where the candidate came without one. */
  readonly bundle: string | undefined
  readonly files: readonly CandidateFile[]
  readonly trust: ProvenanceTrust
}

/**
 * Verifies a Sigstore bundle (a DSSE envelope around an in-toto statement) without any network: the certificate chain and its
 * transparency log against the owner's trusted root, or the signature against the owner's keys.
 */
export function verifyProvenance({ bundle: text, files, trust }: ProvenanceQuestion): Provenance {
  if (text === undefined) return { state: 'unsigned' }
  let bundle: ReturnType<typeof bundleFromJSON>
  try {
    bundle = bundleFromJSON(JSON.parse(text))
  } catch (error) {
    return invalid(`The signature is no Sigstore bundle: ${wordsOf(error)}.`)
  }
  if (!isBundleWithDsseEnvelope(bundle)) {
    return invalid(
      'The bundle signs bytes instead of a statement about files. Sign the model with a tool for model signing.',
    )
  }
  const { payload, payloadType } = bundle.content.dsseEnvelope
  if (payloadType !== 'application/vnd.in-toto+json') return invalid(`The bundle signs ${JSON.stringify(payloadType)}.`)
  const statement = checkStatement(payload, files)
  if (!statement.holds) return invalid(statement.why)
  const found = isBundleWithPublicKey(bundle) ? byKey(bundle, trust) : byCertificate(bundle, trust)
  return 'signer' in found ? { state: 'verified', signer: found.signer, kind: statement.kind } : found
}

function byKey(bundle: BundleWithDsseEnvelope, { keys }: ProvenanceTrust): { readonly signer: string } | Provenance {
  if (keys.length === 0) return unknown('It is signed with a bare key, and the owner trusts none.')
  for (const [index, pem] of keys.entries()) {
    const publicKey = createPublicKey(pem)
    const material = {
      ...nobody,
      publicKey: () => ({ publicKey, validFor: () => true }),
    }
    // A key that the owner named needs no log to say when it was used.
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 })
    if (holds(() => verifier.verify(toSignedEntity(bundle)))) return { signer: `key ${index + 1} of the owner` }
  }
  return unknown('None of the keys that the owner trusts made this signature.')
}

function byCertificate(
  bundle: BundleWithDsseEnvelope,
  { trustedRoot, identities }: ProvenanceTrust,
): { readonly signer: string } | Provenance {
  if (trustedRoot === undefined)
    return unknown('It is signed with a certificate, and the owner gave no trusted root to check it against.')
  let signer: Signer
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustedRoot)))
    signer = new Verifier(material).verify(toSignedEntity(bundle))
  } catch (error) {
    return invalid(`The signature does not hold against the owner's trusted root: ${wordsOf(error)}.`)
  }
  const subject = signer.identity?.subjectAlternativeName ?? ''
  const issuer = signer.identity?.extensions?.issuer ?? ''
  const trusted = identities.some((one) => one.subject === subject && one.issuer === issuer)
  const shown = `${subject.slice(0, 150)} (by ${issuer.slice(0, 100)})`
  return trusted ? { signer: shown } : unknown(`It is signed by ${shown}, whom the owner does not name.`)
}

const nobody = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
}

function holds(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

function unknown(why: string): Provenance {
  return { state: 'unknown_signer', why }
}

function invalid(why: string): Provenance {
  return { state: 'invalid', why }
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '').slice(0, 200)
}
