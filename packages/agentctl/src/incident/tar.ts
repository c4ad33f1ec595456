/** Blocks of a tar archive, in bytes (POSIX.1-1988 ustar). */
const BLOCK = 512
/** Largest archive that is read, in bytes. */
const MOST = 512 * 1024 * 1024

/** Files in a ustar archive, in order. Names are short and plain, sizes below 8 GiB; times are that of the bundle. */
export function writeTar(files: Readonly<Record<string, Uint8Array>>, time: Date): Buffer {
  const parts: Buffer[] = []
  for (const [name, bytes] of Object.entries(files)) {
    parts.push(
      headerOf(name, bytes.length, time),
      Buffer.from(bytes),
      Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK),
    )
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

/** Reads what {@link writeTar} writes, from whoever it comes. Throws where it is no such archive. */
export function readTar(archive: Buffer): Map<string, Buffer> {
  if (archive.length > MOST) throw new Error('the archive is too large')
  const files = new Map<string, Buffer>()
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return files
    if (checksumOf(header) !== numberAt(header, 148, 8)) throw new Error('a header has another checksum than it says')
    const name = textAt(header, 0, 100)
    const size = numberAt(header, 124, 12)
    if (!/^[A-Za-z0-9._/-]{1,100}$/.test(name) || name.startsWith('/') || name.split('/').includes('..')) {
      throw new Error('a file has a name that no bundle has')
    }
    if (files.has(name)) throw new Error(`${name} is in it twice`)
    const from = at + BLOCK
    if (from + size > archive.length) throw new Error(`${name} is cut off`)
    files.set(name, archive.subarray(from, from + size))
    at = from + Math.ceil(size / BLOCK) * BLOCK
  }
  throw new Error('the archive has no end')
}

function headerOf(name: string, size: number, time: Date): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for the archive`)
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0)
  header.write('0000600\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write(
    `${Math.floor(time.getTime() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}

function textAt(header: Buffer, from: number, length: number): string {
  const [text = ''] = header.toString('latin1', from, from + length).split('\0')
  return text
}

function numberAt(header: Buffer, from: number, length: number): number {
  const text = textAt(header, from, length).trim()
  if (!/^[0-7]{1,12}$/.test(text)) throw new Error('a header holds no number where one belongs')
  return Number.parseInt(text, 8)
}
