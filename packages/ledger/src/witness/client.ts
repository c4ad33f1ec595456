import { LedgerError } from '../error.ts'
import { parseCheckpoint } from '../note/checkpoint.ts'
import { parseSignatureLine } from '../note/note.ts'
import { checkCosignature } from './cosignature.ts'
import type { Witness } from './policy.ts'
import { formatAddCheckpoint } from './request.ts'

/** The part of `fetch` a witness needs; injected, because only the airlock may open connections. */
export type Fetch = (url: string, init: { method: 'POST'; body: string; signal: AbortSignal }) => Promise<Response>

/** How long one witness may take, ms. */
const TIMEOUT_MS = 10_000

export interface CosignRequest {
  /** The signed checkpoint. */
  readonly checkpoint: string
  /** Size the witness is thought to have seen last; it corrects us. */
  readonly seen: number
  /** Consistency proof from that size to the checkpoint's. */
  readonly prove: (from: number) => Promise<readonly Buffer[]>
  readonly fetch: Fetch
}

/** What asking one witness came to. */
export type WitnessOutcome =
  | { readonly kind: 'cosigned'; readonly line: string; readonly seconds: number }
  /** It has seen more entries than the log has: the log was cut or rolled back. */
  | { readonly kind: 'ahead'; readonly size: number }
  /** What it has seen is not the beginning of this log: a fork or a rewrite. */
  | { readonly kind: 'inconsistent'; readonly seen: number; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string }

/** Asks a witness to cosign (C2SP tlog-witness). Never throws for what the witness or the network does. */
export async function askWitness(witness: Witness, request: CosignRequest): Promise<WitnessOutcome> {
  const { size, note } = parseCheckpoint(request.checkpoint)
  let seen = request.seen
  for (let attempt = 0; attempt < 3; attempt += 1) {
    let status: number
    let body: string
    try {
      const answer = await post(witness, request, seen)
      ;({ status } = answer)
      body = (await answer.text()).slice(0, 64 * 1024)
    } catch (error) {
      return {
        kind: 'unavailable',
        message: `Witness ${witness.name} did not answer: ${error instanceof Error ? error.message : String(error)}`,
      }
    }
    if (status === 200) return readCosignature(witness, note.text, body)
    if (status === 422) return { kind: 'inconsistent', seen, message: body.trim() }
    if (status === 403) {
      const message = `Witness ${witness.name} was not given the key that the log is signed with now. Start it with --log for that key, beside those it has: ${body.trim()}`
      return { kind: 'unavailable', message }
    }
    if (status !== 409)
      return { kind: 'unavailable', message: `Witness ${witness.name} answered ${status}: ${body.trim()}` }
    if (!/^(0|[1-9]\d{0,15})\n$/.test(body))
      return { kind: 'unavailable', message: `Witness ${witness.name} answered 409 without a size.` }
    seen = Number(body)
    if (seen > size) return { kind: 'ahead', size: seen }
  }
  return { kind: 'unavailable', message: `Witness ${witness.name} keeps naming other sizes.` }
}

async function post(witness: Witness, { checkpoint, prove, fetch }: CosignRequest, seen: number): Promise<Response> {
  if (witness.url === undefined)
    throw new LedgerError('invalid_request', `the policy names no URL for witness ${witness.name}`)
  const body = formatAddCheckpoint({ oldSize: seen, proof: await prove(seen), checkpoint })
  return fetch(`${witness.url.replace(/\/$/, '')}/add-checkpoint`, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
}

function readCosignature({ name, verifier }: Witness, text: string, body: string): WitnessOutcome {
  for (const line of body.split('\n')) {
    const signature = parseSignatureLine(line)
    if (signature === null || signature.name !== verifier.name || signature.keyId !== verifier.keyId) continue
    const seconds = checkCosignature(text, signature, verifier)
    if (seconds !== null) return { kind: 'cosigned', line: `${line}\n`, seconds }
  }
  return { kind: 'unavailable', message: `Witness ${name} answered without a valid cosignature of its key.` }
}
