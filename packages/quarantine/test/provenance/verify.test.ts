import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifyProvenance } from '../../src/provenance/index.ts'
import { authority, keyBundle, modelStatement } from '../support/signing.ts'

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
const [weights, config] = [
  { name: 'model.safetensors', sha256: digestOf('weights') },
  { name: 'config.json', sha256: digestOf('config') },
]
const resources = [config, weights].map(({ name, sha256 }) => ({ name, digest: sha256 }))
const statement = modelStatement(resources)
const [SUBJECT, ISSUER] = ['owner@example.org', 'https://issuer.example.org']

describe('a model signed with a certificate', () => {
  it('is verified against the root, the log and the identities that the owner gave, without any network', async () => {
    const { trustedRoot, bundle } = await authority()
    const question = {
      bundle: await bundle(statement, SUBJECT, ISSUER),
      files: [weights],
      trust: { trustedRoot, identities: [{ subject: SUBJECT, issuer: ISSUER }], keys: [] },
    }
    expect(verifyProvenance(question)).toEqual({
      state: 'verified',
      signer: `${SUBJECT} (by ${ISSUER})`,
      kind: 'model signing',
    })
    expect(verifyProvenance({ ...question, files: [config, weights] })).toMatchObject({ state: 'verified' })
  })

  it('is by an unknown signer where the owner names somebody else, or gives no root', async () => {
    const { trustedRoot, bundle } = await authority()
    const signed = await bundle(statement, 'other@example.org', ISSUER)
    const identities = [{ subject: SUBJECT, issuer: ISSUER }]
    const files = [weights]
    expect(verifyProvenance({ bundle: signed, files, trust: { trustedRoot, identities, keys: [] } })).toMatchObject({
      state: 'unknown_signer',
      why: expect.stringContaining('other@example.org'),
    })
    expect(verifyProvenance({ bundle: signed, files, trust: { identities, keys: [] } })).toMatchObject({
      state: 'unknown_signer',
    })
  })

  it('does not hold under another root, without its log entry, or with a log entry that was changed', async () => {
    const [one, other] = [await authority(), await authority()]
    const signed = await one.bundle(statement, SUBJECT, ISSUER)
    const trust = { trustedRoot: one.trustedRoot, identities: [{ subject: SUBJECT, issuer: ISSUER }], keys: [] }
    const judge = (bundle: string, root = one.trustedRoot) =>
      verifyProvenance({ bundle, files: [weights], trust: { ...trust, trustedRoot: root } }).state
    expect(judge(signed)).toBe('verified')
    expect(judge(signed, other.trustedRoot)).toBe('invalid')
    const parsed = JSON.parse(signed)
    const entries = parsed.verificationMaterial.tlogEntries
    expect(
      judge(JSON.stringify({ ...parsed, verificationMaterial: { ...parsed.verificationMaterial, tlogEntries: [] } })),
    ).toBe('invalid')
    entries[0].integratedTime = String(Number(entries[0].integratedTime) + 1)
    expect(judge(JSON.stringify(parsed))).toBe('invalid')
  })
})

describe('a model signed with a key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
  const judge = (payload: string, files = [weights], keys = [other, pem]) =>
    verifyProvenance({ bundle: keyBundle(payload, privateKey), files, trust: { identities: [], keys } })

  it('is verified where the owner trusts the key, and by an unknown signer where not', () => {
    expect(judge(statement)).toEqual({ state: 'verified', signer: 'key 2 of the owner', kind: 'model signing' })
    expect(judge(statement, [weights], [other])).toMatchObject({ state: 'unknown_signer' })
    expect(judge(statement, [weights], [])).toMatchObject({ state: 'unknown_signer' })
  })

  it('is refused where the signature is for other files, for fewer, or for more', () => {
    const changed = { ...weights, sha256: digestOf('other weights') }
    expect(judge(statement, [changed])).toMatchObject({ state: 'invalid' })
    expect(judge(statement, [config, changed])).toMatchObject({ state: 'invalid' })
    expect(judge(statement, [config, weights, { name: 'extra.json', sha256: digestOf('extra') }])).toMatchObject({
      state: 'invalid',
    })
    const more = modelStatement([...resources, { name: 'gone.json', digest: digestOf('gone') }])
    expect(judge(more, [config, weights])).toMatchObject({
      state: 'invalid',
      why: expect.stringContaining('gone.json'),
    })
  })

  it('is refused where the statement contradicts itself or says something twice', () => {
    const wrongRoot = modelStatement(resources, { subject: [{ name: 'model', digest: { sha256: digestOf('x') } }] })
    expect(judge(wrongRoot)).toMatchObject({ state: 'invalid' })
    const twice = modelStatement([...resources, { name: weights.name, digest: weights.sha256 }])
    expect(judge(twice)).toMatchObject({ state: 'invalid' })
    expect(judge(statement.replace('"subject"', '"subject":[],"subject"'))).toMatchObject({ state: 'invalid' })
    expect(judge('[]')).toMatchObject({ state: 'invalid' })
    expect(judge(modelStatement(resources, { _type: 'https://example.org/other' }))).toMatchObject({ state: 'invalid' })
  })

  it('may be attested to by any in-toto statement that names it', () => {
    const attestation = (digest: string) =>
      modelStatement([], {
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {},
        subject: [{ name: 'any', digest: { sha256: digest } }],
      })
    expect(judge(attestation(weights.sha256))).toMatchObject({ state: 'verified', kind: 'attestation' })
    expect(judge(attestation(digestOf('other')))).toMatchObject({ state: 'invalid' })
  })

  it('does not hold once a byte of the statement or the signature is another', () => {
    const bundle = JSON.parse(keyBundle(statement, privateKey))
    const files = [weights]
    const trust = { identities: [], keys: [pem] }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace('"files"', '"filex"')
    const changed = {
      ...bundle,
      dsseEnvelope: { ...bundle.dsseEnvelope, payload: Buffer.from(payload).toString('base64') },
    }
    expect(verifyProvenance({ bundle: JSON.stringify(changed), files, trust })).toMatchObject({
      state: 'unknown_signer',
    })
  })
})

describe('a signature file', () => {
  it('that is not there means unsigned; that is anything else is refused', () => {
    const trust = { identities: [], keys: [] }
    expect(verifyProvenance({ bundle: undefined, files: [weights], trust })).toEqual({ state: 'unsigned' })
    for (const bundle of ['', 'null', '{}', '[]', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}']) {
      expect(verifyProvenance({ bundle, files: [weights], trust })).toMatchObject({ state: 'invalid' })
    }
  })
})
