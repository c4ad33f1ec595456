import type { BundleFiles } from './bundle-files.ts'

/** What most bundles fit into, each kind of file for itself, in bytes. */
const ROOM = { entries: 256 * 1024, tile: 8192, payloads: 256 * 1024, leafHashes: 8192, digests: 8192 } as const

type Kind = keyof BundleFiles
const KINDS = Object.keys(ROOM) as Kind[]
const SLOT_BYTES = KINDS.reduce((sum, kind) => sum + ROOM[kind], 0)

/** Where one file is: so many bytes in the slot, bytes of its own because it was too large, or not there. */
type Place = number | Uint8Array | null

/** What the reading thread sends for a bundle it has put into a slot. */
export type Filled = Record<Kind, Place>

/** Memory that both threads see, used again for bundle after bundle: thousands of copies would keep the collector busy. */
export function newSlot(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOT_BYTES)
}

export function fillSlot(slot: SharedArrayBuffer, files: BundleFiles): Filled {
  const filled = {} as Filled
  let at = 0
  for (const kind of KINDS) {
    const bytes = files[kind]
    const fits = bytes !== null && bytes.length <= ROOM[kind]
    if (fits) Buffer.from(slot, at, bytes.length).set(bytes)
    // A copy: the reader's buffer is used again before the message goes.
    filled[kind] = fits ? bytes.length : bytes === null ? null : Uint8Array.from(bytes)
    at += ROOM[kind]
  }
  return filled
}

/** The files in a slot, valid until it is filled again. */
export function readSlot(slot: SharedArrayBuffer, filled: Filled): BundleFiles {
  const files = {} as Record<Kind, Buffer | null>
  let at = 0
  for (const kind of KINDS) {
    const place = filled[kind]
    if (typeof place === 'number') files[kind] = Buffer.from(slot, at, place)
    else files[kind] = place === null ? null : Buffer.from(place.buffer, place.byteOffset, place.length)
    at += ROOM[kind]
  }
  return files
}
