import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { damaged } from './container.ts'

/**
 * What is inside a container: records of a type byte, a length (32 bits, little-endian) and a body.
 *
 *     B  JSON   what this backup is; the first record
 *     E  JSON   an entry: a folder, a symbolic link, another name of a file, or a file whose content follows
 *     D  bytes  content of the file, up to 64 KiB
 *     Z  u64    so many zero bytes of the file (little-endian): a hole, or as good as one
 *     F  JSON   end of the file: its size, and the SHA-256 of its content
 *     X  JSON   end of the backup: how many entries and bytes there were; the last record
 */
const LENGTH_BYTES = 5
const MAX_BODY_BYTES = 1024 * 1024

export const Label = z.strictObject({
  version: z.literal(1),
  set: z.string(),
  createdAt: z.string(),
  /** The paths that were asked for. */
  roots: z.array(z.string()),
})
export type Label = z.infer<typeof Label>

const ownership = {
  /** Absolute, through real folders only. */
  path: z.string().startsWith('/'),
  mode: z.int().min(0).max(0o7777),
  uid: z.int().min(0),
  gid: z.int().min(0),
  modifiedNs: z.string().regex(/^-?[0-9]{1,20}$/),
}

export const Entry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('directory'), ...ownership }),
  z.strictObject({ kind: z.literal('symlink'), target: z.string(), ...ownership }),
  /** Another name of the file at `target`, which came before. */
  z.strictObject({ kind: z.literal('hardlink'), target: z.string().startsWith('/'), ...ownership }),
  /** `sqlite`: a copy made by SQLite itself while the database may have been written. */
  z.strictObject({ kind: z.literal('file'), sqlite: z.boolean(), ...ownership }),
])
export type Entry = z.infer<typeof Entry>
export type FileEntry = Extract<Entry, { kind: 'file' }>

export const FileEnd = z.strictObject({ sizeBytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
export type FileEnd = z.infer<typeof FileEnd>

export const Closing = z.strictObject({ entries: z.int().min(0), fileBytes: z.int().min(0) })
export type Closing = z.infer<typeof Closing>

/** One record, understood. */
export type Piece =
  | { readonly type: 'B'; readonly label: Label }
  | { readonly type: 'E'; readonly entry: Entry }
  | { readonly type: 'D'; readonly bytes: Buffer }
  | { readonly type: 'Z'; readonly zeros: number }
  | { readonly type: 'F'; readonly end: FileEnd }
  | { readonly type: 'X'; readonly closing: Closing }

export function encode(piece: Piece): Buffer {
  switch (piece.type) {
    case 'B':
      return record('B', json(piece.label))
    case 'E':
      return record('E', json(piece.entry))
    case 'D':
      return record('D', piece.bytes)
    case 'Z': {
      const count = Buffer.alloc(8)
      count.writeBigUInt64LE(BigInt(piece.zeros))
      return record('Z', count)
    }
    case 'F':
      return record('F', json(piece.end))
    case 'X':
      return record('X', json(piece.closing))
  }
}

/** Reads records out of the stream of plain bytes. Throws `backup_damaged` for what is none, and where the end is missing. */
export async function* decode(plain: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0)
  let ended = false
  for await (const chunk of plain) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      if (rest.length < LENGTH_BYTES) break
      const length = rest.readUInt32LE(1)
      if (length > MAX_BODY_BYTES) throw damaged('a record in it is too long')
      if (rest.length < LENGTH_BYTES + length) break
      if (ended) throw damaged('something follows its end')
      const piece = understand(
        String.fromCharCode(rest[0] as number),
        rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length),
      )
      rest = rest.subarray(LENGTH_BYTES + length)
      ended = piece.type === 'X'
      yield piece
    }
  }
  if (!ended || rest.length > 0) throw damaged('its end is missing')
}

function understand(type: string, body: Buffer): Piece {
  switch (type) {
    case 'B':
      return { type, label: parse(Label, body) }
    case 'E':
      return { type, entry: parse(Entry, body) }
    case 'D':
      return { type, bytes: body }
    case 'Z':
      if (body.length !== 8) throw damaged('a hole in it makes no sense')
      return { type, zeros: Number(body.readBigUInt64LE()) }
    case 'F':
      return { type, end: parse(FileEnd, body) }
    case 'X':
      return { type, closing: parse(Closing, body) }
    default:
      throw damaged('it has a record that this version does not know')
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, body: Buffer): z.output<Schema> {
  const text = isUtf8(body) ? body.toString() : ''
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw damaged('a record in it makes no sense')
  }
}

function record(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(LENGTH_BYTES)
  head.write(type, 0, 'latin1')
  head.writeUInt32LE(body.length, 1)
  return Buffer.concat([head, body])
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
