import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { IncidentBundle as BundleSchema, type Incident, type IncidentBundle } from '@castellan/contracts'
import { redactText, version } from '@castellan/daemon'
import type { Recorder } from '../ledger/recorder.ts'
import { withoutSecrets } from '../ledger/records.ts'
import type { EvidenceKey } from '../state/evidence-key.ts'
import type { Incidents } from './incidents.ts'

/** Lines of each log that go along, the newest; and how much of a log is read at all, in bytes. */
const MOST_LINES = 2000
const MOST_LOG_BYTES = 4 * 1024 * 1024
/** How long before an incident was first seen its logs begin, in milliseconds. */
const BEFORE_MS = 10 * 60_000
/** Ledger entries around the incident that go along, beside those that tell of it. */
const MOST_AROUND = 200

export interface BundlesParts {
  readonly incidents: Incidents
  readonly ledger: Recorder
  readonly key: EvidenceKey
  /** Folder of the processes' logs; where there is none, journald has them. */
  readonly logs: string
  /** Digests of what is configured, by name. */
  readonly digests: () => Promise<Readonly<Record<string, string>>>
}

/**
 * Forensic bundles: an incident with all that tells of it, signed, so that it can be looked at on another machine and shown to somebody
 * else. The entry that says a bundle was made is in it too, with its proof: it names the key that signs the bundle, so that whoever
 * trusts the ledger's key need trust no other.
 */
export class Bundles {
  readonly #parts: BundlesParts

  constructor(parts: BundlesParts) {
    this.#parts = parts
  }

  /** Throws `not_found`. A ledger that refuses leaves its part out, and the bundle says so. */
  async make(id: string): Promise<IncidentBundle> {
    const { incidents, ledger, key } = this.#parts
    const incident = incidents.get(id)
    const files: Record<string, string> = { 'incident.json': json(incident), 'timeline.txt': timeline(incident) }
    let vkey = ''
    try {
      const facts = { incident: id, key: key.publicKey, castellan: version }
      const made = await ledger.append({ type: 'incident_exported', actor: { kind: 'system', name: 'agentd' }, facts })
      Object.assign(files, await this.#entries(incident, made))
      const head = await ledger.head()
      vkey = head.vkey
      files['ledger/checkpoint.txt'] = head.checkpoint
      files['ledger/head.json'] = json(head)
    } catch (error) {
      files['ledger/missing.txt'] =
        `The ledger could not be read: ${error instanceof Error ? error.message : String(error)}\n`
    }
    files['configuration.json'] = json(await this.#parts.digests())
    Object.assign(files, await this.#logs(incident))
    const manifest = {
      version: 1 as const,
      incident: incident.id,
      made_at: new Date().toISOString(),
      castellan: version,
      ledger_vkey: vkey,
      files: Object.entries(files).map(([path, text]) => ({
        path,
        bytes: Buffer.byteLength(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      })),
    }
    return BundleSchema.parse({ manifest, signature: key.sign(manifest), public_key: key.publicKey, files })
  }

  /** What tells of it with proofs, and what happened around it without. Payloads stay here: only summaries go along. */
  async #entries(incident: Incident, made: number): Promise<Record<string, string>> {
    const { ledger } = this.#parts
    const files: Record<string, string> = {}
    for (const index of [...incident.evidence, made]) {
      files[`ledger/entries/${index}.json`] = json(withoutSecrets(await ledger.read(index)))
      files[`ledger/entries/${index}.tlog-proof`] = await ledger.proof(index)
    }
    const since = Date.parse(incident.first_at) - BEFORE_MS
    const { records } = await ledger.query({ since, until: Date.parse(incident.last_at), limit: MOST_AROUND })
    files['ledger/around.json'] = json(records)
    return files
  }

  async #logs({ first_at }: Incident): Promise<Record<string, string>> {
    const files: Record<string, string> = {}
    const since = Date.parse(first_at) - BEFORE_MS
    for (const name of ['agentd', 'gateway', 'engine', 'airlock']) {
      const path = join(this.#parts.logs, `${name}.log`)
      const stats = await stat(path).catch(() => undefined)
      if (stats === undefined) continue
      const text = (await readFile(path)).subarray(-MOST_LOG_BYTES).toString('utf8')
      const lines = text.split('\n').filter((line) => timeOf(line) >= since)
      files[`logs/${name}.log`] = redactText(`${lines.slice(-MOST_LINES).join('\n')}\n`)
    }
    if (Object.keys(files).length === 0)
      files['logs/none.txt'] = 'The logs are in the journal: journalctl -u "castellan-*"\n'
    return files
  }
}

function timeline({ first_at, summary, steps }: Incident): string {
  return [`${first_at} seen: ${summary}`, ...steps.map(({ at, by, note }) => `${at} ${by}: ${note}`), ''].join('\n')
}

/** When a line of a log was written, in milliseconds; 0 where it does not say. */
function timeOf(line: string): number {
  const [, stamp] = /"time":\s*("[^"]+"|\d+)/.exec(line) ?? []
  if (stamp === undefined) return 0
  return stamp.startsWith('"') ? Date.parse(stamp.slice(1, -1)) : Number(stamp)
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
