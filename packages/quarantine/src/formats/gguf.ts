import { allZero, type ByteSource, Cursor } from './bytes.ts'
import { FormatError, quoted } from './error.ts'
import { ggmlTypes } from './ggml-types.ts'
import { type MetadataValue, readMetadata } from './gguf-metadata.ts'
import { layOut, type Span } from './layout.ts'
import { GGUF_LIMITS as LIMITS } from './limits.ts'
import { strictText } from './text.ts'

export interface GgufTensor extends Span {
  readonly name: string
  readonly type: string
  readonly dimensions: readonly number[]
  readonly elements: number
}

export interface GgufStructure {
  readonly format: 'gguf'
  readonly version: 2 | 3
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: readonly GgufTensor[]
  readonly alignment: number
  /** Where the header ends and where tensor data begins, in bytes. */
  readonly headerEnd: number
  readonly dataStart: number
  readonly size: number
}

/** Bytes that a tensor's description has at least: name, rank, one dimension, type, offset. */
const LEAST_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8

/**
 * Reads a GGUF file's structure (versions 2 and 3, little endian; ggml's docs/gguf.md) and holds every number in it against
 * the file. Only the header and what lies between tensors is read; the time is bounded by the header's size. Throws
 * {@link FormatError}.
 */
export function readGguf(source: ByteSource): GgufStructure {
  const cursor = new Cursor(source)
  const version = readVersion(cursor)
  const tensorCount = cursor.length('tensors', LEAST_TENSOR_BYTES, LIMITS.tensors)
  const entryCount = cursor.length('metadata entries', 8 + 1 + 4 + 1, LIMITS.entries)
  const metadata = readMetadata(cursor, entryCount)
  const alignment = alignmentOf(metadata)
  const claimed = readTensors(cursor, tensorCount)
  const headerEnd = cursor.position
  const dataStart = Math.ceil(headerEnd / alignment) * alignment
  const structure = { format: 'gguf', version, metadata, alignment, headerEnd, size: source.size } as const
  if (tensorCount === 0) {
    if (!allZero(source, headerEnd, source.size)) {
      throw new FormatError(
        'trailing_data',
        `has ${source.size - headerEnd} bytes after a header without tensors`,
        headerEnd,
      )
    }
    return { ...structure, tensors: [], dataStart: Math.min(dataStart, source.size) }
  }
  const tensors = claimed.map((tensor) => placed(tensor, dataStart, alignment, source.size))
  layOut(source, tensors, { start: headerEnd, alignment })
  return { ...structure, tensors, dataStart }
}

function readVersion(cursor: Cursor): 2 | 3 {
  if (cursor.left < 24) throw new FormatError('truncated', 'is too short for a GGUF header', 0)
  if (cursor.bytes(4).toString('latin1') !== 'GGUF') {
    throw new FormatError('not_a_model', 'does not begin as a GGUF file does', 0)
  }
  const version = cursor.uint32()
  if (version === 2 || version === 3) return version
  const swapped = version === 0x0200_0000 || version === 0x0300_0000
  throw new FormatError(
    'unsupported',
    swapped ? 'is a GGUF file for big-endian machines' : `is GGUF version ${version}; versions 2 and 3 are taken`,
    4,
  )
}

/** ggml takes powers of two; the format wants multiples of 8. */
function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
  const value = metadata.get('general.alignment')
  if (value === undefined) return 32
  const { type, value: alignment } = value
  const fits = type === 'uint32' && typeof alignment === 'number' && alignment >= 8 && alignment <= LIMITS.alignment
  if (fits && (alignment & (alignment - 1)) === 0) return alignment
  throw new FormatError(
    'bad_alignment',
    `has the alignment ${String(alignment).slice(0, 40)}; it has to be a power of two from 8 to ${LIMITS.alignment}`,
  )
}

interface ClaimedTensor {
  readonly name: string
  readonly type: string
  readonly dimensions: readonly number[]
  readonly elements: number
  readonly offset: bigint
  readonly bytes: number
}

function readTensors(cursor: Cursor, count: number): ClaimedTensor[] {
  const names = new Set<string>()
  const tensors: ClaimedTensor[] = []
  for (let index = 0; index < count; index++) {
    const tensor = readTensor(cursor)
    if (names.has(tensor.name)) {
      throw new FormatError('duplicate', `has two tensors named ${quoted(tensor.name)}`, cursor.position)
    }
    names.add(tensor.name)
    tensors.push(tensor)
  }
  return tensors
}

function readTensor(cursor: Cursor): ClaimedTensor {
  const at = cursor.position
  const name = strictText(cursor.bytes(cursor.length('characters', 1, LIMITS.tensorName)), 'the name of a tensor', at)
  if (name === '') throw new FormatError('bad_key', 'has a tensor without a name', at)
  const rank = cursor.uint32()
  if (rank < 1 || rank > LIMITS.rank) {
    throw new FormatError(
      'bad_shape',
      `says that ${quoted(name)} has ${rank} dimensions; 1 to ${LIMITS.rank} are taken`,
      at,
    )
  }
  const dimensions: number[] = []
  let elements = 1n
  for (let index = 0; index < rank; index++) {
    const dimension = cursor.uint64()
    elements *= dimension
    if (dimension === 0n || elements > LIMITS.elements) {
      throw new FormatError('bad_shape', `says that ${quoted(name)} has a dimension of ${dimension}`, at)
    }
    dimensions.push(Number(dimension))
  }
  const typeId = cursor.uint32()
  const type = Object.hasOwn(ggmlTypes, typeId) ? ggmlTypes[typeId] : undefined
  if (type === undefined) throw new FormatError('bad_type', `gives ${quoted(name)} the unknown type ${typeId}`, at)
  if ((dimensions[0] as number) % type.blockValues !== 0) {
    throw new FormatError(
      'bad_shape',
      `has rows of ${dimensions[0]} values in ${quoted(name)}, which ${type.name} cannot divide into blocks of ${type.blockValues}`,
      at,
    )
  }
  const bytes = (elements / BigInt(type.blockValues)) * BigInt(type.blockBytes)
  const offset = cursor.uint64()
  // Both fit: `elements` is at most 2^48, and a block is at most 292 bytes for 256 values, or 8 for one.
  return { name, type: type.name, dimensions, elements: Number(elements), offset, bytes: Number(bytes) }
}

/** Where a tensor lies in the file. Its offset counts from the data section. */
function placed({ offset, ...tensor }: ClaimedTensor, dataStart: number, alignment: number, size: number): GgufTensor {
  if (offset % BigInt(alignment) !== 0n) {
    throw new FormatError(
      'bad_alignment',
      `puts ${quoted(tensor.name)} at ${offset}, which is no multiple of ${alignment}`,
    )
  }
  const end = BigInt(dataStart) + offset + BigInt(tensor.bytes)
  if (end > BigInt(size)) {
    throw new FormatError(
      'bad_offset',
      `has ${size} bytes, and ${quoted(tensor.name)} would end at ${end}: it is cut short or its header lies`,
    )
  }
  const start = dataStart + Number(offset)
  return { ...tensor, start, end: start + tensor.bytes }
}
