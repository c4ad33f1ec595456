import { createHash } from 'node:crypto'
import { canonicalJson, Sha256Hex, Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { OfferedTool } from './client.ts'

/** What was agreed to for each tool of each server, by the tool's own name. */
export const PinFile = z.strictObject({
  version: z.literal(1),
  servers: z.record(z.string(), z.record(z.string(), z.strictObject({ hash: Sha256Hex, accepted_at: Timestamp }))),
})
export type PinFile = z.output<typeof PinFile>

/** One tool that a server offers, and how it stands to what was agreed to. */
export interface PinnedTool {
  readonly offered: OfferedTool
  readonly hash: Sha256Hex
  readonly state: 'accepted' | 'changed' | 'new'
}

/** SHA-256 over all that a model is told of a tool, and what its arguments and results have to be. */
export function offeredHash({ name, title, description, inputSchema, outputSchema }: OfferedTool): Sha256Hex {
  const contract = { name, title, description, inputSchema, outputSchema }
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(contract))))
    .digest('hex')
}

/** A server that was never seen is taken as the owner declared it; from then on every tool is as it was, or waits. */
export function compare(offered: readonly OfferedTool[], pins: PinFile['servers'][string] | undefined): PinnedTool[] {
  return offered.map((tool) => {
    const hash = offeredHash(tool)
    const pin = pins?.[tool.name]
    const state = pins === undefined || pin?.hash === hash ? 'accepted' : pin === undefined ? 'new' : 'changed'
    return { offered: tool, hash, state }
  })
}
