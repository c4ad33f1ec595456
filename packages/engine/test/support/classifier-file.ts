import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { features } from '../../src/interpreter/classifier/features.ts'

export interface ClassifierFile {
  readonly labels: readonly (string | null)[]
  /** Requests, each with the label that its words must lead to. */
  readonly taught: Readonly<Record<string, string | null>>
  /** Put into the header's place of the shapes, to spoil a file. */
  readonly biasLength?: number
}

const BUCKETS = 1024

/** A classifier as models/interpreter/classifier.py writes it, taught by hand: a bucket a word, an output a label. Returns its SHA-256. */
export function writeClassifier(path: string, { labels, taught, biasLength = labels.length }: ClassifierFile): string {
  const width = labels.length
  const levels = new Int8Array(BUCKETS * width)
  for (const [text, label] of Object.entries(taught)) {
    for (const bucket of features(text, BUCKETS)) levels[bucket * width + labels.indexOf(label)] = 127
  }
  const identity = new Float32Array(width * width)
  for (let at = 0; at < width; at++) identity[at * width + at] = 1
  const tensors: [name: string, dtype: string, shape: number[], data: Int8Array | Float32Array][] = [
    ['bag.scale', 'F32', [BUCKETS], new Float32Array(BUCKETS).fill(0.1)],
    ['hidden.weight', 'F32', [width, width], identity],
    ['hidden.bias', 'F32', [width], new Float32Array(width)],
    ['output.weight', 'F32', [width, width], identity],
    ['output.bias', 'F32', [biasLength], new Float32Array(biasLength)],
    ['bag.levels', 'I8', [BUCKETS, width], levels],
  ]
  let offset = 0
  const header: Record<string, unknown> = {
    __metadata__: { 'castellan.classifier': '1', labels: JSON.stringify(labels) },
  }
  for (const [name, dtype, shape, data] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const bytes = Buffer.concat([length, text, ...tensors.map(([, , , data]) => Buffer.from(data.buffer))])
  writeFileSync(path, bytes)
  return createHash('sha256').update(bytes).digest('hex')
}
