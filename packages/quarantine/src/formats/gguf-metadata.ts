import type { Cursor } from './bytes.ts'
import { FormatError, quoted } from './error.ts'
import { GGUF_LIMITS as LIMITS } from './limits.ts'
import { proseText } from './text.ts'

/** A metadata value. Of a list only its kind, length and size are kept: vocabularies run to hundreds of thousands. */
export type MetadataValue =
  | { readonly type: ScalarName; readonly value: number | bigint | boolean | string }
  | {
      readonly type: 'array'
      readonly value: string
      readonly itemType: ScalarName
      readonly items: number
      /** Bytes it takes in the file. */
      readonly bytes: number
      /** Where its items begin in the file. */
      readonly start: number
    }

export type ScalarName =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'float32'
  | 'bool'
  | 'string'
  | 'uint64'
  | 'int64'
  | 'float64'

const STRING = 8
const ARRAY = 9
const scalars: Readonly<Record<number, readonly [name: ScalarName, bytes: number]>> = {
  0: ['uint8', 1],
  1: ['int8', 1],
  2: ['uint16', 2],
  3: ['int16', 2],
  4: ['uint32', 4],
  5: ['int32', 4],
  6: ['float32', 4],
  7: ['bool', 1],
  8: ['string', 8],
  10: ['uint64', 8],
  11: ['int64', 8],
  12: ['float64', 8],
}
/** Printable ASCII without spaces: the format wants lower-case words with dots, and files are not that strict. */
const KEY = /^[\x21-\x7e]+$/

/** All entries. Throws `duplicate`, `bad_key`, `bad_type`, `bad_value`, `bad_text`, `too_many`, `too_long`, `truncated`. */
export function readMetadata(cursor: Cursor, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>()
  const budget = { items: LIMITS.allItems }
  for (let index = 0; index < count; index++) {
    const at = cursor.position
    const key = cursor.bytes(cursor.length('characters of a key', 1, LIMITS.keyBytes)).toString('latin1')
    if (!KEY.test(key)) throw new FormatError('bad_key', `has the key ${quoted(key)}, which is no name`, at)
    if (metadata.has(key)) throw new FormatError('duplicate', `has the key ${quoted(key)} twice`, at)
    metadata.set(key, readValue(cursor, key, budget))
  }
  return metadata
}

function readValue(cursor: Cursor, key: string, budget: { items: number }): MetadataValue {
  const at = cursor.position
  const type = cursor.uint32()
  if (type === ARRAY) return readList(cursor, key, budget)
  const name = scalars[type]?.[0]
  if (name === undefined) throw new FormatError('bad_type', `gives ${quoted(key)} the unknown type ${type}`, at)
  return { type: name, value: readScalar(cursor, name, key) }
}

function readScalar(cursor: Cursor, name: ScalarName, key: string): number | bigint | boolean | string {
  const at = cursor.position
  switch (name) {
    case 'uint8':
      return cursor.uint8()
    case 'int8':
      return (cursor.uint8() << 24) >> 24
    case 'uint16':
      return cursor.bytes(2).readUInt16LE(0)
    case 'int16':
      return cursor.bytes(2).readInt16LE(0)
    case 'uint32':
      return cursor.uint32()
    case 'int32':
      return cursor.int32()
    case 'float32':
      return finite(cursor.float32(), key, at)
    case 'float64':
      return finite(cursor.float64(), key, at)
    case 'uint64':
      return cursor.uint64()
    case 'int64':
      return cursor.int64()
    case 'bool':
      return truth(cursor.uint8(), key, at)
    case 'string':
      return proseText(cursor.bytes(textLength(cursor, LIMITS.textBytes)), `the text of ${quoted(key)}`, at)
  }
}

function readList(cursor: Cursor, key: string, budget: { items: number }): MetadataValue {
  const at = cursor.position
  const itemType = cursor.uint32()
  if (itemType === ARRAY) throw new FormatError('unsupported', `has lists within a list in ${quoted(key)}`, at)
  const [name, bytes] = scalars[itemType] ?? []
  if (name === undefined || bytes === undefined) {
    throw new FormatError('bad_type', `gives the items of ${quoted(key)} the unknown type ${itemType}`, at)
  }
  const items = cursor.length(`items of ${quoted(key)}`, bytes, LIMITS.items)
  budget.items -= items
  if (budget.items < 0) throw new FormatError('too_many', `has more than ${LIMITS.allItems} items in its lists`, at)
  const start = cursor.position
  if (itemType === STRING) cursor.skipTexts(items, LIMITS.itemBytes)
  else if (name === 'bool') for (let index = 0; index < items; index++) truth(cursor.uint8(), key, start + index)
  else cursor.skip(items * bytes)
  const size = cursor.position - start
  return { type: 'array', value: `${items} items`, itemType: name, items, bytes: size, start }
}

function textLength(cursor: Cursor, limit: number): number {
  return cursor.length('characters', 1, limit)
}

function truth(value: number, key: string, at: number): boolean {
  if (value <= 1) return value === 1
  throw new FormatError('bad_value', `has ${value} where ${quoted(key)} has to be true or false`, at)
}

function finite(value: number, key: string, at: number): number {
  if (Number.isFinite(value)) return value
  throw new FormatError('bad_value', `has no number in ${quoted(key)}`, at)
}
