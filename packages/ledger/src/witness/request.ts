import { LedgerError } from '../error.ts'
import { decodeBase64 } from '../note/base64.ts'

/** `POST <prefix>/add-checkpoint` of C2SP tlog-witness. */
export interface AddCheckpoint {
  readonly oldSize: number
  readonly proof: readonly Buffer[]
  /** The signed note, verbatim. */
  readonly checkpoint: string
}

/** Most consistency proof lines a request may have. */
const MOST_LINES = 63

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`
}

/** Reads a request body; `invalid_request` for anything the format does not allow. */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const refuse = (why: string) => new LedgerError('invalid_request', `Not an add-checkpoint request: ${why}.`)
  const split = body.indexOf('\n\n')
  if (split < 0) throw refuse('it holds no checkpoint')
  const [old, ...lines] = body.slice(0, split).split('\n')
  const size = /^old (0|[1-9]\d{0,15})$/.exec(old ?? '')?.[1]
  if (size === undefined || !Number.isSafeInteger(Number(size))) throw refuse('its first line is not the old size')
  if (lines.length > MOST_LINES) throw refuse(`it has more than ${MOST_LINES} proof lines`)
  const proof = lines.map((line) => {
    const hash = decodeBase64(line)
    if (hash === null || hash.length !== 32) throw refuse('a proof line is not 32 bytes of base64')
    return hash
  })
  return { oldSize: Number(size), proof, checkpoint: body.slice(split + 2) }
}
