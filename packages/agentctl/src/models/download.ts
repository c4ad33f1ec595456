import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { type Located, locate } from './locate.ts'
import type { Answer, Ask } from './way-out.ts'

/** Tries in a row that bring nothing new, before the line is given up. */
const FRUITLESS_TRIES = 6
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
/** Disk that is left free, in bytes. */
const RESERVE_BYTES = 1024 * 1024 * 1024

export interface DownloadOptions {
  readonly address: URL
  /** Where it comes to lie; beside it, until it is whole, `.part` and what that is a part of. */
  readonly file: string
  readonly ask: Ask
  readonly mayLead: (url: URL) => boolean
  /** What its digest and size have to be. Without them, what the publisher says. */
  readonly sha256?: string | undefined
  readonly bytes?: number | undefined
  readonly onProgress: (done: number, total: number) => void
  /** Hears what happens on the way: that it goes on, begins again, or waits. */
  readonly onNote: (text: string) => void
  readonly signal: AbortSignal
  readonly pauseMs?: number
}

export interface Downloaded {
  readonly sha256: string
  readonly bytes: number
  /** Who vouched for the digest beforehand. */
  readonly vouched: 'pinned' | 'publisher' | 'nobody'
}

/** What a part is a part of. */
const PartOf = z.strictObject({ tag: z.string().nullable(), sha256: z.string().nullable(), bytes: z.int().nullable() })

/**
 * Downloads a file, going on where it was broken off, now or in an earlier run, and compares its digest. A file that is another one
 * by then is begun again. Throws `egress_failed` once nothing comes any more (what came stays for the next try), `disk_full`,
 * `model_invalid` for a file of another digest or size than it has to have, and what {@link locate} throws.
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { file, signal, onNote, pauseMs = FIRST_PAUSE_MS } = options
  const part = `${file}.part`
  for (let fruitless = 0; ; ) {
    signal.throwIfAborted()
    const before = await sizeOf(part)
    const problem = await advance(options, part)
    if (problem === undefined) break
    fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1
    if (fruitless >= FRUITLESS_TRIES) throw givenUp(problem, await sizeOf(part))
    onNote(`${problem.message} Trying again.`)
    await sleep(Math.min(LONGEST_PAUSE_MS, pauseMs * 2 ** fruitless), undefined, { signal })
  }
  return await finish(options, part)
}

/** One more piece of it. Undefined once it is whole; else why it is not, where another try makes sense. */
async function advance(options: DownloadOptions, part: string): Promise<CastellanError | undefined> {
  const { ask, signal } = options
  try {
    const located = await locate(options.address, ask, options.mayLead, signal)
    const total = totalOf(options, located)
    const offset = await keptOf(options, part, located, total)
    if (offset === total) return undefined
    const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` }
    const answer = await ask(located.url, { method: 'GET', headers: range }, signal)
    await take(options, part, answer, offset, total)
    const reached = await sizeOf(part)
    if (total === null ? answer.whole() : reached === total) return undefined
    return new CastellanError('egress_failed', `The download broke off at ${reached} of ${total ?? 'unknown'} bytes.`)
  } catch (error) {
    if (signal.aborted || !isPassing(error)) throw error
    return error
  }
}

/** The size that was given, the publisher's, or null. They have to be the same. */
function totalOf({ bytes }: DownloadOptions, located: Located): number | null {
  if (bytes === undefined || located.bytes === null || located.bytes === bytes) return bytes ?? located.bytes
  throw new CastellanError(
    'model_invalid',
    `The file has ${located.bytes} bytes where it should have ${bytes}: its publisher has replaced it.`,
  )
}

/** How much of this very file is here already, in bytes. What is of another file is deleted. */
async function keptOf(options: DownloadOptions, part: string, located: Located, total: number | null): Promise<number> {
  const { tag, sha256 } = located
  const is = JSON.stringify({ tag, sha256, bytes: total } satisfies z.infer<typeof PartOf>)
  const was = await readFile(`${part}.json`, 'utf8').catch(() => null)
  const kept = await sizeOf(part)
  // Where nothing tells one file from another, nobody knows what the part is of.
  const same = was === is && (tag !== null || sha256 !== null)
  if (kept > 0 && !same) options.onNote('The file is another one than the part that is here; it is begun again.')
  if (!same || (total !== null && kept > total)) {
    await rm(part, { force: true })
    await writeFile(`${part}.json`, is, { mode: 0o600 })
    await refuseFullDisk(part, total ?? 0)
    return 0
  }
  await refuseFullDisk(part, (total ?? kept) - kept)
  return kept
}

async function take(
  { onProgress }: DownloadOptions,
  part: string,
  answer: Answer,
  wanted: number,
  total: number | null,
): Promise<void> {
  try {
    const offset = offsetOf(answer, wanted, total)
    const handle = await open(part, offset === 0 ? 'w' : 'r+', 0o600)
    await using _ = handle
    let at = offset
    for await (const piece of answer.body) {
      if (total !== null && at + piece.length > total) {
        throw new CastellanError(
          'model_invalid',
          `More comes than the ${total} bytes that the file has. It is not taken.`,
        )
      }
      await handle.write(piece, 0, piece.length, at)
      at += piece.length
      onProgress(at, total ?? at)
    }
    await handle.sync()
  } finally {
    answer.close()
  }
}

/** Where in the file the answer begins. Whoever does not do ranges sends it from the beginning. */
function offsetOf({ status, header }: Answer, wanted: number, total: number | null): number {
  if (status === 200) return 0
  const [, from, of] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '') ?? []
  const fits = status === 206 && Number(from) === wanted && (of === '*' || total === null || Number(of) === total)
  if (fits) return wanted
  const what = status === 206 ? 'another part of the file than was asked for' : `status ${status}`
  throw new CastellanError('egress_failed', `The download was answered with ${what}.`)
}

async function finish(
  { file, sha256, onNote, onProgress, signal }: DownloadOptions,
  part: string,
): Promise<Downloaded> {
  const partOf = PartOf.parse(JSON.parse(await readFile(`${part}.json`, 'utf8')))
  const bytes = await sizeOf(part)
  onNote('All of it is here; its digest is compared.')
  const found = await digestOf(part, bytes, onProgress, signal)
  const wanted = sha256 ?? partOf.sha256
  if (wanted !== null && wanted !== found) {
    await rm(part, { force: true })
    await rm(`${part}.json`, { force: true })
    throw new CastellanError(
      'model_invalid',
      `What came has the SHA-256 ${found}, not ${wanted}: it was damaged or exchanged on the way, and is deleted.`,
    )
  }
  await rename(part, file)
  await rm(`${part}.json`, { force: true })
  return { sha256: found, bytes, vouched: sha256 !== undefined ? 'pinned' : wanted === null ? 'nobody' : 'publisher' }
}

async function digestOf(
  path: string,
  total: number,
  onProgress: DownloadOptions['onProgress'],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer)
    done += (chunk as Buffer).length
    onProgress(done, total)
  }
  return hash.digest('hex')
}

async function refuseFullDisk(part: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part))
  if (bavail * bsize >= needed + RESERVE_BYTES) return
  throw new CastellanError(
    'disk_full',
    `${needed} bytes are to come and ${bavail * bsize} are free in ${dirname(part)}, of which ${RESERVE_BYTES} stay free. Make room first.`,
  )
}

/** What may be over in a moment: a broken line, a busy server. Everything else is so the next time too. */
function isPassing(error: unknown): error is CastellanError {
  if (!(error instanceof CastellanError)) return false
  return ['egress_failed', 'egress_timeout', 'egress_truncated', 'deadline_exceeded', 'rate_limited', 'busy'].includes(
    error.code,
  )
}

function givenUp(problem: CastellanError, kept: number): CastellanError {
  return new CastellanError(
    'egress_failed',
    `${problem.message} Nothing more came in ${FRUITLESS_TRIES} tries. ${kept} bytes are kept: the same command goes on from there.`,
    { cause: problem },
  )
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
