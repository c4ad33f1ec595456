import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSource, readGguf } from '../packages/quarantine/src/formats/index.ts'
import { scanWeights } from '../packages/quarantine/src/scan/index.ts'
import { type Entry, ggufFile, texts, usualEntries } from '../packages/quarantine/test/support/gguf.ts'
import type { Report } from '../scripts/bench/report.ts'

export const title =
  "quarantine: structure of a GGUF file beside reading it, and statistics of its weights, on one core's thread"

const MiB = 1024 * 1024
const TENSORS = 200
const ROUNDS = 5

/** Types, the values and bytes of their blocks, and their numbers in GGUF. */
const kinds = [
  { name: 'F32', type: 0, values: 1, bytes: 4 },
  { name: 'F16', type: 1, values: 1, bytes: 2 },
  { name: 'BF16', type: 30, values: 1, bytes: 2 },
  { name: 'Q8_0', type: 8, values: 32, bytes: 34 },
  { name: 'Q4_K', type: 12, values: 256, bytes: 144 },
] as const

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  try {
    structure(folder, report)
    for (const kind of kinds) weights(folder, kind, report)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A file as large models have it: today's largest vocabulary, hundreds of tensors, half a gigabyte of weights. */
function structure(folder: string, report: Report): void {
  const tensorBytes = Math.floor((512 * MiB) / TENSORS / 144 / 32) * 144 * 32
  const tensors = Array.from({ length: TENSORS }, (_, index) => ({
    name: `blk.${index}.ffn_up.weight`,
    dimensions: [(tensorBytes / 144) * 256],
    type: 12,
    offset: index * tensorBytes,
  }))
  const entries: Entry[] = [
    ...usualEntries.filter(([key]) => key !== 'tokenizer.ggml.tokens'),
    ['tokenizer.ggml.tokens', texts(Array.from({ length: 262_144 }, (_, index) => `token-${index}`))],
    ['tokenizer.ggml.merges', texts(Array.from({ length: 514_906 }, (_, index) => `left${index} right${index}`))],
  ]
  const header = ggufFile({ entries, tensors, data: Buffer.alloc(0) })
  const path = join(folder, 'large.gguf')
  const file = openSync(path, 'w')
  writeSync(file, header)
  for (let index = 0; index < TENSORS; index++) writeSync(file, noise(tensorBytes))
  closeSync(file)
  withFile(path, (descriptor, size) => {
    const buffer = Buffer.alloc(MiB)
    const read = rate(size, () => {
      for (let at = 0; at < size; at += MiB) readSync(descriptor, buffer, 0, MiB, at)
    })
    const scan = rate(size, () => readGguf(fileSource(descriptor, size)))
    report({
      name: 'GGUF structure of a file, beside reading it',
      value: scan,
      baseline: read,
      ratio: scan / read,
      unit: 'MB/s',
      goal: 'at least 0.7×',
    })
    const alone = rate(header.length, () => readGguf(fileSource(descriptor, size)))
    report({ name: 'its header alone, 777,000 texts', value: alone, unit: 'MB/s' })
  })
}

function weights(folder: string, { name, type, values, bytes }: (typeof kinds)[number], report: Report): void {
  const blocks = Math.floor((128 * MiB) / bytes / 32) * 32
  const path = join(folder, `${name}.gguf`)
  const file = openSync(path, 'w')
  const tensors = [{ name: 'w', dimensions: [blocks * values], type, offset: 0 }]
  writeSync(file, ggufFile({ tensors, data: Buffer.alloc(0) }))
  writeSync(file, noise(blocks * bytes))
  closeSync(file)
  withFile(path, (descriptor, size) => {
    const source = fileSource(descriptor, size)
    const found = readGguf(source)
    const value = rate(size, () => scanWeights(source, found))
    report({ name: `statistics and entropy, ${name}`, value, unit: 'MB/s', goal: 'at least 150 MB/s' })
  })
}

/** Small numbers, as weights are, whatever type reads them. */
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  const values = new Float32Array(buffer.buffer, buffer.byteOffset, Math.floor(bytes / 4))
  for (let index = 0; index < values.length; index++) values[index] = Math.sin(index) / 8
  return buffer
}

function withFile(path: string, use: (descriptor: number, size: number) => void): void {
  const descriptor = openSync(path, 'r')
  try {
    use(descriptor, fstatSync(descriptor).size)
  } finally {
    closeSync(descriptor)
  }
}

/** The best of some rounds, in megabytes a second: the machine does other things, too. */
function rate(bytes: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    work()
    best = Math.min(best, performance.now() - startedAt)
  }
  return Math.round(bytes / 1000 / best)
}
