import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { writeFileDurably } from '../store/files.ts'
import { askWitness, type Fetch, type WitnessOutcome } from './client.ts'
import type { WitnessPolicy } from './policy.ts'

const COSIGNED_FILE = 'cosigned'
const SEEN_FILE = 'witnesses.json'

/** Sizes at which each witness cosigned last, by key: where the next consistency proof starts. */
const Seen = z.record(z.string(), z.int().min(0))

export interface CosignReport {
  /** The checkpoint with its new cosignatures. */
  readonly checkpoint: string
  readonly size: number
  readonly outcomes: readonly { readonly witness: string; readonly outcome: WitnessOutcome }[]
  /** Whether the policy's quorum cosigned. */
  readonly met: boolean
}

export interface Cosigning {
  readonly keyDir: string
  readonly policy: WitnessPolicy
  readonly checkpoint: string
  readonly size: number
  readonly prove: (from: number) => Promise<readonly Buffer[]>
  readonly fetch: Fetch
}

/** Asks all witnesses of a policy at once; where the quorum is met, the cosigned checkpoint is kept in the key folder. */
export async function cosignWithAll({
  keyDir,
  policy,
  checkpoint,
  size,
  prove,
  fetch,
}: Cosigning): Promise<CosignReport> {
  const seen = await readSeen(keyDir)
  const outcomes = await Promise.all(
    policy.witnesses.map(async (witness) => {
      const known = Math.min(seen[witness.verifier.vkey] ?? 0, size)
      return { witness, outcome: await askWitness(witness, { checkpoint, seen: known, prove, fetch }) }
    }),
  )
  let text = checkpoint
  const cosigned: string[] = []
  for (const { witness, outcome } of outcomes) {
    if (outcome.kind !== 'cosigned') continue
    text += outcome.line
    cosigned.push(witness.name)
    seen[witness.verifier.vkey] = size
  }
  const met = policy.met(cosigned)
  await writeFileDurably(join(keyDir, SEEN_FILE), `${JSON.stringify(seen, null, 2)}\n`)
  if (met && cosigned.length > 0) await writeFileDurably(join(keyDir, COSIGNED_FILE), text)
  return {
    checkpoint: text,
    size,
    met,
    outcomes: outcomes.map(({ witness, outcome }) => ({ witness: witness.name, outcome })),
  }
}

/** The newest checkpoint that met its quorum, verbatim and read; null where none ever did. */
export async function readCosigned(
  keyDir: string,
  keys: readonly Verifier[],
): Promise<{ text: string; checkpoint: Checkpoint } | null> {
  const text = await readFile(join(keyDir, COSIGNED_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : { text, checkpoint: openCheckpoint(text, keys) }
}

async function readSeen(keyDir: string): Promise<Record<string, number>> {
  const text = await readFile(join(keyDir, SEEN_FILE), 'utf8').catch(() => '{}')
  try {
    return Seen.parse(JSON.parse(text))
  } catch {
    // Only a hint: a witness that is asked with another size says which one it wants.
    return {}
  }
}
