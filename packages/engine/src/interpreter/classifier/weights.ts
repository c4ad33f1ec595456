import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { EngineError } from '../../error.ts'
import type { Layer } from './classifier.ts'

/** Larger than any classifier of ours: a file of another kind is not read whole to find that out. */
const MAX_HEADER_BYTES = 1 << 20

export interface ClassifierWeights {
  /** Tools in the order of the outputs; `null` is "no tool serves this". */
  readonly labels: readonly (string | null)[]
  readonly width: number
  /** One row of signed bytes a bucket, times the bucket's scale. */
  readonly levels: Int8Array
  readonly scales: Float32Array
  readonly hidden: Layer
  readonly output: Layer
}

const Tensor = z.object({
  dtype: z.enum(['I8', 'F32']),
  shape: z.array(z.int().positive()).max(2),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})
const Header = z.object({
  __metadata__: z.object({ 'castellan.classifier': z.literal('1'), labels: z.string() }),
  'bag.levels': Tensor,
  'bag.scale': Tensor,
  'hidden.weight': Tensor,
  'hidden.bias': Tensor,
  'output.weight': Tensor,
  'output.bias': Tensor,
})
const Labels = z.array(z.string().nullable())

/** Reads a classifier (FORMAT.md) whose bytes have this SHA-256, in hex. Throws `model_invalid`. */
export async function readClassifierWeights(path: string, sha256: string): Promise<ClassifierWeights> {
  const data = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(path, `it cannot be read (${error.code ?? error.message})`)
  })
  if (createHash('sha256').update(data).digest('hex') !== sha256) {
    throw refuse(path, 'it is not the one that the model beside it was made with')
  }
  try {
    return parse(data)
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error))
  }
}

function parse(data: Buffer): ClassifierWeights {
  const length = Number(data.readBigUInt64LE(0))
  if (length > MAX_HEADER_BYTES) throw new Error('its header is too long')
  const header = Header.parse(JSON.parse(data.toString('utf8', 8, 8 + length)))
  const bytes = (name: keyof typeof Header.shape & `${string}.${string}`): Uint8Array => {
    const { dtype, shape, data_offsets } = header[name]
    const [start, end] = data_offsets
    const size = shape.reduce((product, each) => product * each, dtype === 'I8' ? 1 : 4)
    if (end - start !== size || 8 + length + end > data.length) throw new Error(`the tensor ${name} does not fit`)
    return data.subarray(8 + length + start, 8 + length + end)
  }
  // A copy of its own is aligned, wherever the tensor stands in the file.
  const floats = (name: Parameters<typeof bytes>[0]): Float32Array =>
    new Float32Array(new Uint8Array(bytes(name)).buffer)
  const levels = new Int8Array(bytes('bag.levels'))
  const scales = floats('bag.scale')
  const labels = Labels.parse(JSON.parse(header.__metadata__.labels))
  const width = levels.length / scales.length
  const hidden = { weight: floats('hidden.weight'), bias: floats('hidden.bias') }
  const output = { weight: floats('output.weight'), bias: floats('output.bias') }
  const fits =
    hidden.bias.length === width &&
    hidden.weight.length === width * width &&
    output.bias.length === labels.length &&
    output.weight.length === labels.length * width
  if (!fits) throw new Error('its tensors do not fit each other')
  return { labels, width, levels, scales, hidden, output }
}

function refuse(path: string, why: string): EngineError {
  return new EngineError(
    'model_invalid',
    `${path} cannot stand beside the interpreter: ${why}. Use the files that came with this version.`,
  )
}
