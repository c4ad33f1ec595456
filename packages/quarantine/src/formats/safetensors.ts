import type { ByteSource } from './bytes.ts'
import { Cursor } from './bytes.ts'
import { FormatError, quoted } from './error.ts'
import { type JsonValue, parseJson } from './json.ts'
import { layOut, type Span } from './layout.ts'
import { SAFETENSORS_LIMITS as LIMITS } from './limits.ts'

export interface SafetensorsTensor extends Span {
  readonly type: string
  readonly dimensions: readonly number[]
  readonly elements: number
}

export interface SafetensorsStructure {
  readonly format: 'safetensors'
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: readonly SafetensorsTensor[]
  readonly dataStart: number
  readonly size: number
}

/** Bits of a value of each type that the format names. */
const bits: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
}

/**
 * Reads a safetensors file's structure (the format's own README: 8 bytes of length, a JSON header, tensor data without holes)
 * and holds every number in it against the file. Throws {@link FormatError}.
 */
export function readSafetensors(source: ByteSource): SafetensorsStructure {
  const cursor = new Cursor(source)
  if (source.size < 10) throw new FormatError('truncated', 'is too short for a safetensors header', 0)
  const headerBytes = cursor.length('bytes of header', 1, LIMITS.headerBytes)
  const header = cursor.bytes(headerBytes)
  if (header[0] !== 0x7b) throw new FormatError('not_a_model', 'does not begin as a safetensors file does', 8)
  const root = parseJson(header, { depth: 4, entries: LIMITS.tensors + 1 })
  if (!(root instanceof Map)) throw new FormatError('bad_json', 'has no object as its header', 8)
  const dataStart = 8 + headerBytes
  const dataBytes = source.size - dataStart
  let metadata: ReadonlyMap<string, string> = new Map()
  const tensors: SafetensorsTensor[] = []
  for (const [name, value] of root) {
    if (name === '__metadata__') metadata = readMetadata(value)
    else tensors.push(readTensor(name, value, dataStart, dataBytes))
  }
  layOut(source, tensors, { start: dataStart, alignment: 1 })
  return { format: 'safetensors', metadata, tensors, dataStart, size: source.size }
}

function readMetadata(value: JsonValue): ReadonlyMap<string, string> {
  if (!(value instanceof Map) || value.size > LIMITS.metadataEntries) {
    throw new FormatError('bad_value', 'has __metadata__ that is no object of texts')
  }
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw new FormatError('bad_value', `has no text in __metadata__ at ${quoted(key)}`)
  }
  return value as ReadonlyMap<string, string>
}

function readTensor(name: string, value: JsonValue, dataStart: number, dataBytes: number): SafetensorsTensor {
  if (name === '' || Buffer.byteLength(name) > LIMITS.nameBytes) {
    throw new FormatError('bad_key', `has a tensor with the name ${quoted(name)}`)
  }
  if (!(value instanceof Map) || value.size !== 3) {
    throw new FormatError('bad_value', `does not describe ${quoted(name)} by dtype, shape and data_offsets`)
  }
  const type = value.get('dtype')
  const width = typeof type === 'string' && Object.hasOwn(bits, type) ? bits[type] : undefined
  if (typeof type !== 'string' || width === undefined) {
    throw new FormatError('bad_type', `gives ${quoted(name)} an unknown dtype`)
  }
  const dimensions = integers(value.get('shape'), name, LIMITS.rank)
  const elements = dimensions.reduce((product, dimension) => product * BigInt(dimension), 1n)
  if (elements > LIMITS.elements) throw new FormatError('bad_shape', `gives ${quoted(name)} ${elements} values`)
  const offsets = integers(value.get('data_offsets'), name, 2)
  const [begin = 0, end = 0] = offsets
  if (offsets.length !== 2 || begin > end || end > dataBytes) {
    throw new FormatError('bad_offset', `puts ${quoted(name)} at ${begin} to ${end} of ${dataBytes} bytes`)
  }
  if (BigInt(end - begin) * 8n !== elements * BigInt(width)) {
    throw new FormatError('bad_shape', `gives ${quoted(name)} ${end - begin} bytes for ${elements} values of ${type}`)
  }
  return { name, type, dimensions, elements: Number(elements), start: dataStart + begin, end: dataStart + end }
}

function integers(value: JsonValue | undefined, name: string, most: number): number[] {
  const fits =
    Array.isArray(value) &&
    value.length <= most &&
    value.every((item) => typeof item === 'number' && Number.isSafeInteger(item) && item >= 0)
  if (fits) return value as number[]
  throw new FormatError('bad_shape', `describes ${quoted(name)} by something else than whole numbers`)
}
