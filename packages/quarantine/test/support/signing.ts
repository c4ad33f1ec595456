import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock'

export interface Resource {
  readonly name: string
  readonly digest: string
}

/** A model signing statement (version 1.0) for these files, with its root digest. */
export function modelStatement(resources: readonly Resource[], changes: Record<string, unknown> = {}): string {
  const root = createHash('sha256')
  for (const { digest } of resources) root.update(Buffer.from(digest, 'hex'))
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'model', digest: { sha256: root.digest('hex') } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false },
      resources: resources.map((resource) => ({ ...resource, algorithm: 'sha256' })),
    },
    ...changes,
  })
}

const TYPE = 'application/vnd.in-toto+json'

/** DSSE's pre-authentication encoding. */
function encoded(payload: string): Buffer {
  return Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${Buffer.byteLength(payload)} ${payload}`)
}

/** A bundle signed with a bare key. */
export function keyBundle(payload: string, key: KeyObject): string {
  const signature = sign('sha256', encoded(payload), key).toString('base64')
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: 'owner' }, tlogEntries: [] },
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType: TYPE,
      signatures: [{ sig: signature, keyid: '' }],
    },
  })
}

/** A certificate authority and a transparency log of the test's own, which work as Sigstore's do. */
export async function authority() {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ctlog = await initializeCTLog(pair())
  const ca = await initializeCA(pair(), ctlog)
  const tlog = await initializeTLog('https://log.example.org', pair())
  const always = { start: '2020-01-01T00:00:00.000Z' }
  const log = (publicKey: Buffer, id: ArrayBufferView) => ({
    baseUrl: 'https://log.example.org',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: publicKey.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: always },
    logId: { keyId: base64(id) },
  })
  const trustedRoot = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [
      {
        subject: { organization: 'test', commonName: 'test' },
        uri: 'https://ca.example.org',
        certChain: { certificates: [{ rawBytes: base64(ca.rootCertificate) }] },
        validFor: always,
      },
    ],
    tlogs: [log(tlog.publicKey, createHash('sha256').update(tlog.publicKey).digest())],
    ctlogs: [log(ctlog.publicKey, ctlog.logID)],
    timestampAuthorities: [],
  })
  const bundle = async (payload: string, subject: string, issuer: string): Promise<string> => {
    const { publicKey, privateKey } = pair()
    const certificate = await ca.issueCertificate({
      publicKey: publicKey.export({ format: 'der', type: 'spki' }) as never,
      subjectAltName: subject,
      extensions: [{ oid: '1.3.6.1.4.1.57264.1.1', value: issuer, legacy: true }],
    })
    const signature = sign('sha256', encoded(payload), privateKey).toString('base64')
    const pem = new X509Certificate(Buffer.from(base64(certificate), 'base64')).toString()
    const proposed = {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        payloadHash: { algorithm: 'sha256', value: createHash('sha256').update(payload).digest('hex') },
        envelopeHash: { algorithm: 'sha256', value: createHash('sha256').update('envelope').digest('hex') },
        signatures: [{ signature, verifier: Buffer.from(pem).toString('base64') }],
      },
    }
    const entry = Object.values(await tlog.log(proposed))[0] as {
      body: string
      integratedTime: number
      logID: string
      logIndex: number
      verification: { inclusionProof: { checkpoint: string; rootHash: string }; signedEntryTimestamp: string }
    }
    return JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: base64(certificate) },
        tlogEntries: [
          {
            logIndex: String(entry.logIndex),
            logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
            kindVersion: { kind: 'dsse', version: '0.0.1' },
            integratedTime: String(entry.integratedTime),
            inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp },
            inclusionProof: {
              logIndex: '0',
              treeSize: '1',
              hashes: [],
              rootHash: Buffer.from(entry.verification.inclusionProof.rootHash, 'hex').toString('base64'),
              checkpoint: { envelope: entry.verification.inclusionProof.checkpoint },
            },
            canonicalizedBody: entry.body,
          },
        ],
      },
      dsseEnvelope: {
        payload: Buffer.from(payload).toString('base64'),
        payloadType: TYPE,
        signatures: [{ sig: signature, keyid: '' }],
      },
    })
  }
  return { trustedRoot, bundle }
}

function base64(view: ArrayBufferView): string {
  // Some of these are views into larger buffers, some say so wrongly: what is at their beginning is what is meant.
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64')
}
