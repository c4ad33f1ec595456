import { createHash, createPublicKey, verify } from 'node:crypto'
import { BundleManifest, canonicalJson, Incident, type IncidentBundle, LedgerRecord } from '@castellan/contracts'
import { checkProof } from '@castellan/ledger'
import { z } from 'zod'
import { readTar, writeTar } from './tar.ts'

/** What comes before the 32 bytes of an Ed25519 public key in SPKI (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const Seal = z.strictObject({ signature: z.base64(), public_key: z.base64() })

/** A bundle as a file: its parts, `manifest.json` and `manifest.sig`, in a tar archive. */
export function bundleFile({ manifest, signature, public_key, files }: IncidentBundle): Buffer {
  const texts = {
    'manifest.json': canonicalJson(manifest),
    'manifest.sig': `${JSON.stringify({ signature, public_key })}\n`,
    ...files,
  }
  const parts = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]))
  return writeTar(parts, new Date(manifest.made_at))
}

export interface CheckedBundle {
  readonly incident: Incident
  readonly manifest: BundleManifest
  /** The key that signed it, raw, base64. */
  readonly publicKey: string
  /** Ledger entries whose proofs hold. */
  readonly entries: readonly number[]
  /** What is not as it should be, a sentence each. Without any, all of it is what was signed. */
  readonly problems: readonly string[]
}

/**
 * Checks a bundle with nothing but itself and, best, the key of the ledger that it is from: every file against the manifest, the
 * manifest against its signature, every proof against the ledger's checkpoint, and the signing key against the entry that names it.
 */
export function checkBundle(archive: Buffer, vkey?: string): CheckedBundle {
  const files = readTar(archive)
  const problems: string[] = []
  const manifest = BundleManifest.parse(JSON.parse(textOf(files, 'manifest.json')))
  const { signature, public_key: publicKey } = Seal.parse(JSON.parse(textOf(files, 'manifest.sig')))
  const key = createPublicKey({
    key: Buffer.concat([SPKI, Buffer.from(publicKey, 'base64')]),
    format: 'der',
    type: 'spki',
  })
  if (!verify(null, Buffer.from(canonicalJson(manifest)), key, Buffer.from(signature, 'base64'))) {
    problems.push('The signature is not over this manifest.')
  }
  const known = new Set(['manifest.json', 'manifest.sig', ...manifest.files.map(({ path }) => path)])
  for (const path of files.keys()) if (!known.has(path)) problems.push(`${path} is not in the manifest.`)
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = files.get(path)
    if (found === undefined) problems.push(`${path} is missing.`)
    else if (found.length !== bytes || createHash('sha256').update(found).digest('hex') !== sha256) {
      problems.push(`${path} is not what was signed.`)
    }
  }
  if (vkey !== undefined && vkey !== manifest.ledger_vkey)
    problems.push('It is from a ledger with another key than the one given.')
  const entries = checkEntries(files, vkey ?? manifest.ledger_vkey, publicKey, problems)
  const incident = Incident.parse(JSON.parse(textOf(files, 'incident.json')))
  if (incident.id !== manifest.incident) problems.push('The incident is another one than the manifest says.')
  return { incident, manifest, publicKey, entries, problems }
}

function checkEntries(
  files: ReadonlyMap<string, Buffer>,
  vkey: string,
  publicKey: string,
  problems: string[],
): number[] {
  const proven: number[] = []
  let named = false
  for (const [path, bytes] of files) {
    const [, index] = /^ledger\/entries\/(\d+)\.tlog-proof$/.exec(path) ?? []
    if (index === undefined) continue
    try {
      const { entry } = checkProof(bytes.toString('utf8'), [vkey])
      const shown = LedgerRecord.parse(JSON.parse(textOf(files, `ledger/entries/${index}.json`))).entry
      if (entry.index !== Number(index) || canonicalJson(shown) !== canonicalJson(entry)) {
        problems.push(`Entry ${index} is not the one that its proof is of.`)
        continue
      }
      proven.push(entry.index)
      named ||= entry.type === 'incident_exported' && entry.facts?.key === publicKey
    } catch (error) {
      problems.push(
        `The proof of entry ${index} does not hold: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  if (!named) problems.push('No proven entry of the ledger names the key that signed this bundle.')
  return proven.sort((left, right) => left - right)
}

function textOf(files: ReadonlyMap<string, Buffer>, path: string): string {
  const bytes = files.get(path)
  if (bytes === undefined) throw new Error(`${path} is missing`)
  return bytes.toString('utf8')
}
