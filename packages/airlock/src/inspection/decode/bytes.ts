import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** Beginnings of files whose inside is no text: there is nothing to unfold in them. */
const MEDIA: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x47, 0x49, 0x46, 0x38],
  [0x52, 0x49, 0x46, 0x46],
  [0x00, 0x61, 0x73, 0x6d],
  [0x77, 0x4f, 0x46, 0x32],
  [0x77, 0x4f, 0x46, 0x46],
  [0x00, 0x00, 0x01, 0x00],
  [0x4f, 0x67, 0x67, 0x53],
  [0x49, 0x44, 0x33],
]
const TEXT_SAMPLE = 4096
/** Smaller than this nothing is tried as brotli or bare deflate, which have no mark of their own. */
const MIN_UNMARKED = 24

export class TooMuch extends Error {}

/** Whether bytes read as text: printable ASCII, line ends and UTF-8, with hardly anything else. */
export function isText(bytes: Buffer): boolean {
  if (bytes.length < 6) return false
  const sample = bytes.subarray(0, TEXT_SAMPLE)
  let odd = 0
  for (let at = 0; at < sample.length; at++) {
    const byte = sample[at] as number
    if (byte >= 32 && byte < 127) continue
    if (byte === 9 || byte === 10 || byte === 13) continue
    const follows = byte >= 0xc2 && byte <= 0xf4 ? (byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3) : 0
    let rest = 0
    while (rest < follows && ((sample[at + rest + 1] ?? 0) & 0xc0) === 0x80) rest += 1
    if (follows > 0 && rest === follows) at += follows
    else odd += 1
  }
  return odd <= sample.length * 0.04
}

export function isMedia(bytes: Buffer): boolean {
  return MEDIA.some((mark) => mark.every((byte, at) => bytes[at] === byte))
}

/** Whether bytes could be compressed at all: those that are have no pattern that shows. */
export function isVaried(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, 64)
  return new Set(sample).size > sample.length * 0.6
}

/** Whether these bytes say of themselves that they are compressed. */
export function isCompressed(bytes: Buffer): boolean {
  return isGzip(bytes) || isZlib(bytes) || isZstd(bytes) || isZip(bytes)
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes.length > 18
const isZlib = (bytes: Buffer): boolean =>
  bytes[0] === 0x78 && ((bytes[0] << 8) | (bytes[1] ?? 0)) % 31 === 0 && bytes.length > 8
const isZstd = (bytes: Buffer): boolean => bytes.length > 8 && bytes.readUInt32LE(0) === 0xfd2fb528
const isZip = (bytes: Buffer): boolean => bytes.length > 30 && bytes.readUInt32LE(0) === 0x04034b50

/**
 * What comes out of compressed bytes, at most `most` of it together: gzip, zlib and zstd by their marks, zip entry by entry; where
 * `guess`, also brotli and bare deflate, if text comes out. Throws {@link TooMuch} for what unfolds to more.
 */
export function* unfold(bytes: Buffer, most: number, guess: boolean): Generator<Buffer, void, void> {
  const limit = { maxOutputLength: Math.max(1, most) }
  // What was cut off in the middle is read as far as it goes.
  const options = { ...limit, finishFlush: constants.Z_SYNC_FLUSH }
  if (isZip(bytes)) return yield* unzip(bytes, most)
  if (isGzip(bytes) || isZlib(bytes) || isZstd(bytes)) {
    const whole = attempt(() => {
      if (isZstd(bytes)) return zstdDecompressSync(bytes, limit)
      return isGzip(bytes) ? gunzipSync(bytes, options) : inflateSync(bytes, options)
    })
    if (whole !== undefined) yield whole
    return
  }
  if (!guess || bytes.length < MIN_UNMARKED) return
  for (const raw of [inflateRawSync, brotliDecompressSync]) {
    const whole = attempt(() => raw(bytes, limit))
    if (whole !== undefined && isText(whole)) yield whole
  }
}

/** Entries one after the other (APPNOTE.TXT, section 4.3); what is not deflated lies open and is seen as it is. */
function* unzip(bytes: Buffer, most: number): Generator<Buffer, void, void> {
  let left = most
  for (
    let at = bytes.indexOf('PK\x03\x04');
    at !== -1 && at + 30 <= bytes.length;
    at = bytes.indexOf('PK\x03\x04', at + 4)
  ) {
    if (bytes.readUInt16LE(at + 8) !== 8) continue
    const begin = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
    const entry = attempt(() => inflateRawSync(bytes.subarray(begin), { maxOutputLength: Math.max(1, left) }))
    if (entry === undefined) continue
    left -= entry.length
    yield entry
  }
}

function attempt(decode: () => Buffer): Buffer | undefined {
  try {
    return decode()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new TooMuch()
    return undefined
  }
}
