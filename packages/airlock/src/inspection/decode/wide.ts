/** Looked at to tell which bytes of a letter are zero, in bytes. */
const SAMPLE = 4096
/** Of the letters in a sample, so many have to be plain ones. */
const MOST = 0.7

/** Text that has two or four bytes for each letter; undefined where it is none. */
export function fromWide(bytes: Buffer): string | undefined {
  return fromUtf32(bytes) ?? fromUtf16(bytes)
}

/** By its mark, or by the three zeros beside each plain letter. What is no code point is read as U+FFFD. */
function fromUtf32(bytes: Buffer): string | undefined {
  const length = bytes.length & ~3
  if (length < 8) return undefined
  const sample = bytes.subarray(0, Math.min(length, SAMPLE))
  let little = 0
  let big = 0
  for (let at = 0; at < sample.length; at += 4) {
    if (isPlain(sample.readUInt32LE(at))) little += 1
    else if (isPlain(sample.readUInt32BE(at))) big += 1
  }
  const least = (sample.length / 4) * MOST
  const isLittle = little > least || bytes.readUInt32LE(0) === 0xfeff
  if (!isLittle && big <= least && bytes.readUInt32BE(0) !== 0xfeff) return undefined
  let text = ''
  for (let at = 0; at < length; at += 4) {
    const code = isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  }
  return text
}

function isPlain(code: number): boolean {
  return (code >= 32 && code < 127) || code === 9 || code === 10 || code === 13
}

/** Text in UTF-16, by its mark or by the zeros between its letters; undefined where it is none. */
function fromUtf16(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined
  const sample = bytes.subarray(0, 512)
  let even = 0
  let odd = 0
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) at % 2 === 0 ? even++ : odd++
  const half = sample.length / 2
  if (odd > half * 0.7 && even < half * 0.1) return bytes.toString('utf16le')
  if (even > half * 0.7 && odd < half * 0.1)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le')
  return undefined
}
