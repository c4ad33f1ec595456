import { writeFileSync } from 'node:fs'

/** A metadata value with the type it is written as. */
export type Typed =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly i32s: readonly number[] }

interface TensorShape {
  readonly name: string
  /** Fastest-running dimension first, as GGUF writes it. */
  readonly dimensions: readonly number[]
}

/** F32 values, or blocks of ggml's Q8_0 as they lie in the file. */
export type Tensor = TensorShape &
  ({ readonly values: Float32Array<ArrayBuffer> } | { readonly q8: Uint8Array<ArrayBuffer> })

const F32 = 0
const Q8_0 = 8

const ALIGNMENT = 32

/** Writes a GGUF file, version 3, little endian, tensors F32 or Q8_0. Order of keys and tensors is kept. */
export function writeGguf(path: string, metadata: Readonly<Record<string, Typed>>, tensors: readonly Tensor[]): void {
  const entries = Object.entries(metadata)
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length)]
  for (const [key, value] of entries) head.push(text(key), ...typed(value))
  let offset = 0
  for (const tensor of tensors) {
    const { name, dimensions } = tensor
    const type = 'q8' in tensor ? Q8_0 : F32
    head.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset))
    offset += padded(bytesOf(tensor).length)
  }
  const header = Buffer.concat(head)
  const parts = [header, Buffer.alloc(padded(header.length) - header.length)]
  for (const bytes of tensors.map(bytesOf)) parts.push(bytes, Buffer.alloc(padded(bytes.length) - bytes.length))
  writeFileSync(path, Buffer.concat(parts))
}

function bytesOf(tensor: Tensor): Buffer<ArrayBuffer> {
  const values = 'q8' in tensor ? tensor.q8 : tensor.values
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

function typed(value: Typed): Buffer[] {
  if ('u32' in value) return [u32(4), u32(value.u32)]
  if ('f32' in value) return [u32(6), f32(value.f32)]
  if ('bool' in value) return [u32(7), Buffer.from([value.bool ? 1 : 0])]
  if ('text' in value) return [u32(8), text(value.text)]
  if ('texts' in value) return [u32(9), u32(8), u64(value.texts.length), ...value.texts.map(text)]
  return [u32(9), u32(5), u64(value.i32s.length), ...value.i32s.map(i32)]
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}
