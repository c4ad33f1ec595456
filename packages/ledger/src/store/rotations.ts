import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Rotation } from '../note/key-chain.ts'
import { READ } from './open-flags.ts'

/**
 * The log's key rotations, a line of JSON each, kept in the key folder as well: a copy of the log from before one does not
 * hold it, and without it nothing would lead from that copy's key to the one in use.
 */
const ROTATIONS_FILE = 'rotations'

const Line = z.strictObject({ index: z.int().min(0), facts: z.record(z.string(), z.string()) })

export async function rememberRotation(keyDir: string, { index, facts }: Rotation): Promise<void> {
  await appendFile(join(keyDir, ROTATIONS_FILE), `${JSON.stringify({ index, facts })}\n`, { mode: 0o600, flush: true })
}

/** The rotations that lead from one key to another, in order; null where those remembered do not. */
export async function rotationsBetween(keyDir: string, from: string, to: string): Promise<Rotation[] | null> {
  const remembered = await readRotations(keyDir)
  const way: Rotation[] = []
  for (let key = from; key !== to; ) {
    const next = remembered.find(({ facts }) => facts.old_vkey === key)
    if (next === undefined || way.includes(next)) return null
    way.push(next)
    key = String(next.facts.new_vkey)
  }
  return way
}

/** A last line cut short by a crash is left out: the next start, which finishes that rotation, writes it again. */
async function readRotations(keyDir: string): Promise<Rotation[]> {
  const text = await readFile(join(keyDir, ROTATIONS_FILE), { encoding: 'utf8', flag: READ }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    },
  )
  return text.split('\n').flatMap((line) => {
    try {
      return [Line.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}
