import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { GgufError } from './error.ts'

/** A metadata value. An array whose key was not asked for is only counted: vocabularies run to hundreds of thousands. */
export type GgufValue = string | number | bigint | boolean | readonly GgufValue[] | { readonly arrayLength: number }

export interface GgufTensor {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly type: number
  /** From the start of the data section, in bytes. */
  readonly offset: number
}

export interface GgufHeader {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: readonly GgufTensor[]
  /** Where tensor data begins, in bytes. */
  readonly dataOffset: number
  readonly fileBytes: number
}

const WINDOW_BYTES = 1024 * 1024
const MAX_STRING_BYTES = 64 * 1024 * 1024
const MAX_ENTRIES = 1_000_000

/**
 * Reads the header of a GGUF file (versions 2 and 3, little endian; the format is described in ggml's `docs/gguf.md`) without
 * llama.cpp, which ends the whole process over some damaged files. `keepArray` names the array values to keep. Throws
 * `model_invalid` with a sentence for a file that is not there, is no GGUF, or ends inside its header.
 */
export async function readGgufHeader(
  path: string,
  keepArray: (key: string) => boolean = () => false,
): Promise<GgufHeader> {
  const file = await openModel(path)
  try {
    const fileBytes = (await file.stat()).size
    const reader = new Reader(file, fileBytes, path)
    if (fileBytes === 0) throw invalid(`${path} is empty. Copy or download the model again.`)
    if ((await reader.text(Math.min(4, fileBytes))) !== 'GGUF') {
      throw invalid(`${path} is not a GGUF file. Give the path of a model in llama.cpp's GGUF format.`)
    }
    const version = await reader.uint32()
    if (version !== 2 && version !== 3) {
      throw invalid(`${path} is GGUF version ${version}; versions 2 and 3 are understood. Convert the model again.`)
    }
    const tensorCount = await reader.count('tensors')
    const entryCount = await reader.count('metadata entries')

    const metadata = new Map<string, GgufValue>()
    for (let index = 0; index < entryCount; index++) {
      const key = await reader.string()
      metadata.set(key, await readValue(reader, await reader.uint32(), keepArray(key)))
    }
    const tensors: GgufTensor[] = []
    for (let index = 0; index < tensorCount; index++) tensors.push(await readTensor(reader))

    const alignment = Number(metadata.get('general.alignment') ?? 32)
    return { version, metadata, tensors, fileBytes, dataOffset: Math.ceil(reader.position / alignment) * alignment }
  } finally {
    await file.close()
  }
}

async function openModel(path: string): Promise<FileHandle> {
  try {
    // Not waited for: a named pipe that nobody writes to would keep the opening waiting for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw invalid(`There is no file ${path}. Check the path given as the model.`)
    if (code === 'ERR_INVALID_ARG_VALUE')
      throw invalid('No path of a file has a zero byte in it. Check the path given as the model.')
    throw invalid(`${path} cannot be read (${code ?? String(cause)}). Check its permissions.`)
  }
  throw invalid(`${path} is not a file. Give the path of one GGUF file.`)
}

const scalarReaders: Readonly<Record<number, (reader: Reader) => Promise<GgufValue>>> = {
  0: async (reader) => (await reader.take(1)).getUint8(0),
  1: async (reader) => (await reader.take(1)).getInt8(0),
  2: async (reader) => (await reader.take(2)).getUint16(0, true),
  3: async (reader) => (await reader.take(2)).getInt16(0, true),
  4: (reader) => reader.uint32(),
  5: async (reader) => (await reader.take(4)).getInt32(0, true),
  6: async (reader) => (await reader.take(4)).getFloat32(0, true),
  7: async (reader) => (await reader.take(1)).getUint8(0) !== 0,
  8: (reader) => reader.string(),
  10: (reader) => reader.uint64(),
  11: async (reader) => (await reader.take(8)).getBigInt64(0, true),
  12: async (reader) => (await reader.take(8)).getFloat64(0, true),
}
const scalarBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}
const STRING = 8
const ARRAY = 9

async function readValue(reader: Reader, type: number, keep: boolean): Promise<GgufValue> {
  if (type !== ARRAY) return await readScalar(reader, type)
  const itemType = await reader.uint32()
  const length = await reader.count('array items', 100_000_000)
  if (!keep) {
    const itemBytes = scalarBytes[itemType]
    if (itemBytes !== undefined) reader.skip(length * itemBytes)
    else for (let index = 0; index < length; index++) await skipItem(reader, itemType)
    return { arrayLength: length }
  }
  const items: GgufValue[] = []
  for (let index = 0; index < length; index++) items.push(await readValue(reader, itemType, true))
  return items
}

async function skipItem(reader: Reader, type: number): Promise<void> {
  if (type === STRING) reader.skip(await reader.count('characters', MAX_STRING_BYTES))
  else await readValue(reader, type, false)
}

async function readScalar(reader: Reader, type: number): Promise<GgufValue> {
  const read = scalarReaders[type]
  if (read === undefined) throw reader.damaged(`has a value of unknown type ${type}`)
  return await read(reader)
}

async function readTensor(reader: Reader): Promise<GgufTensor> {
  const name = await reader.string()
  const rank = await reader.uint32()
  if (rank > 8) throw reader.damaged(`says that ${name} has ${rank} dimensions`)
  const dimensions: number[] = []
  for (let index = 0; index < rank; index++) dimensions.push(Number(await reader.uint64()))
  return { name, dimensions, type: await reader.uint32(), offset: Number(await reader.uint64()) }
}

/** Sequential little-endian reads through one window, so that a header of any size is read in constant memory. */
class Reader {
  position = 0
  readonly #file: FileHandle
  readonly #fileBytes: number
  readonly #path: string
  #window = Buffer.alloc(0)
  #windowStart = 0

  constructor(file: FileHandle, fileBytes: number, path: string) {
    this.#file = file
    this.#fileBytes = fileBytes
    this.#path = path
  }

  async take(length: number): Promise<DataView> {
    const bytes = await this.#bytes(length)
    return new DataView(bytes.buffer, bytes.byteOffset, length)
  }

  async text(length: number): Promise<string> {
    return (await this.#bytes(length)).toString('utf8', 0, length)
  }

  async uint32(): Promise<number> {
    return (await this.take(4)).getUint32(0, true)
  }

  async uint64(): Promise<bigint> {
    return (await this.take(8)).getBigUint64(0, true)
  }

  async string(): Promise<string> {
    return await this.text(await this.count('characters', MAX_STRING_BYTES))
  }

  /** A length that is believable; a damaged one would otherwise be read for hours. */
  async count(what: string, limit = MAX_ENTRIES): Promise<number> {
    const value = await this.uint64()
    if (value > BigInt(limit)) throw this.damaged(`claims ${value} ${what}`)
    return Number(value)
  }

  skip(length: number): void {
    this.position += length
    if (this.position > this.#fileBytes) throw this.#truncated()
  }

  damaged(what: string): GgufError {
    return invalid(`${this.#path} is damaged: its header ${what}. Copy or download the model again.`)
  }

  #truncated(): GgufError {
    return invalid(`${this.#path} is cut short: it ends inside its header. Copy or download the model again.`)
  }

  async #bytes(length: number): Promise<Buffer> {
    if (this.position + length > this.#fileBytes) throw this.#truncated()
    let from = this.position - this.#windowStart
    if (from < 0 || from + length > this.#window.length) {
      const window = Buffer.alloc(Math.max(length, Math.min(WINDOW_BYTES, this.#fileBytes - this.position)))
      const { bytesRead } = await this.#file.read(window, 0, window.length, this.position)
      if (bytesRead < length) throw this.#truncated()
      this.#window = window.subarray(0, bytesRead)
      this.#windowStart = this.position
      from = 0
    }
    this.position += length
    return this.#window.subarray(from, from + length)
  }
}

function invalid(message: string): GgufError {
  return new GgufError(message)
}
