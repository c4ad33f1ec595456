import { createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'

const PAGE = 4096
/** What SQLCipher 4 keeps at the end of a page: an IV of 16 bytes and an HMAC-SHA-512. */
const RESERVED = 80
const IV = 16
const SALT = 16
const WAL_HEADER = 32
const FRAME_HEADER = 24

/**
 * Everything that the file of a database and its log hold for somebody with the key, page by page, free ones too, without SQLite's
 * help (SQLCipher 4 format: AES-256-CBC under the raw key).
 */
export function decrypted(path: string, key: Uint8Array): string {
  const pages = pagesOf(readFileSync(path))
  const log = readIfThere(`${path}-wal`)
  if (log !== undefined)
    for (let at = WAL_HEADER; at + FRAME_HEADER + PAGE <= log.length; at += FRAME_HEADER + PAGE) {
      pages.push(log.subarray(at + FRAME_HEADER, at + FRAME_HEADER + PAGE))
    }
  return pages.map((page) => `${open(page, key, 0)}${open(page, key, SALT)}`).join('')
}

function pagesOf(file: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(file.length / PAGE) }, (_, at) => file.subarray(at * PAGE, (at + 1) * PAGE))
}

/** The first page begins with a salt instead of ciphertext; which one it is does not matter to who looks for words. */
function open(page: Buffer, key: Uint8Array, from: number): string {
  const end = PAGE - RESERVED
  const decipher = createDecipheriv('aes-256-cbc', key, page.subarray(end, end + IV)).setAutoPadding(false)
  return Buffer.concat([decipher.update(page.subarray(from, end)), decipher.final()]).toString('latin1')
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
