import type { ByteSource } from './bytes.ts'
import { FormatError } from './error.ts'

/** What a file says it is by its first bytes, where that is something else than a model we take. */
const signatures: readonly (readonly [kind: string, offset: number, bytes: readonly number[]])[] = [
  ['a ZIP archive (PyTorch checkpoints are such)', 0, [0x50, 0x4b, 0x03, 0x04]],
  ['an empty ZIP archive', 0, [0x50, 0x4b, 0x05, 0x06]],
  ['a spanned ZIP archive', 0, [0x50, 0x4b, 0x07, 0x08]],
  ['gzip data', 0, [0x1f, 0x8b]],
  ['bzip2 data', 0, [0x42, 0x5a, 0x68]],
  ['xz data', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['Zstandard data', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['LZ4 data', 0, [0x04, 0x22, 0x4d, 0x18]],
  ['a 7-Zip archive', 0, [0x37, 0x7a, 0xbc, 0xaf]],
  ['a RAR archive', 0, [0x52, 0x61, 0x72, 0x21]],
  ['a tar archive', 257, [0x75, 0x73, 0x74, 0x61, 0x72]],
  ['an HDF5 file', 0, [0x89, 0x48, 0x44, 0x46]],
  ['a NumPy file, which may hold pickled objects', 0, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['a TensorFlow Lite model', 4, [0x54, 0x46, 0x4c, 0x33]],
  ['a program (ELF)', 0, [0x7f, 0x45, 0x4c, 0x46]],
  ['a program (PE)', 0, [0x4d, 0x5a]],
  ['a program (Mach-O)', 0, [0xcf, 0xfa, 0xed, 0xfe]],
  ['a script', 0, [0x23, 0x21]],
  ['a model in an older format of llama.cpp', 0, [0x6c, 0x6d, 0x67, 0x67]],
  ['a model in an older format of llama.cpp', 0, [0x74, 0x6a, 0x67, 0x67]],
  ['a model in an older format of llama.cpp', 0, [0x66, 0x6d, 0x67, 0x67]],
]

/** Endings whose files run code when they are read, or hold other files. */
const endings: Readonly<Record<string, string>> = {
  pkl: 'a pickle, which runs code when it is read',
  pickle: 'a pickle, which runs code when it is read',
  pt: 'a PyTorch checkpoint, which runs code when it is read',
  pth: 'a PyTorch checkpoint, which runs code when it is read',
  ckpt: 'a checkpoint, which runs code when it is read',
  bin: 'a PyTorch checkpoint, which runs code when it is read',
  joblib: 'a pickle, which runs code when it is read',
  dill: 'a pickle, which runs code when it is read',
  npy: 'a NumPy file, which may hold pickled objects',
  npz: 'a NumPy archive, which may hold pickled objects',
  h5: 'an HDF5 file, which may hold code',
  hdf5: 'an HDF5 file, which may hold code',
  keras: 'a Keras archive, which may hold code',
  onnx: 'an ONNX model, which the engine does not read',
  tflite: 'a TensorFlow Lite model, which the engine does not read',
  pb: 'a TensorFlow graph, which may hold code',
  llamafile: 'a program',
  exe: 'a program',
  dll: 'a program',
  so: 'a program',
  py: 'a program',
  sh: 'a script',
  zip: 'an archive',
  tar: 'an archive',
  gz: 'an archive',
  tgz: 'an archive',
  bz2: 'an archive',
  xz: 'an archive',
  zst: 'an archive',
  '7z': 'an archive',
  rar: 'an archive',
  whl: 'an archive',
}

export type ModelFormat = 'gguf' | 'safetensors'

/** What kind of model file this is, by its name and its first bytes; both have to agree. Throws `refused_kind` or `not_a_model`. */
export function kindOf(name: string, source: ByteSource): ModelFormat {
  const ending = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const refused = Object.hasOwn(endings, ending) ? endings[ending] : undefined
  if (refused !== undefined) throw new FormatError('refused_kind', `is ${refused}`)
  const head = Buffer.alloc(512)
  const start = head.subarray(0, source.readInto(head, 0))
  if (start.length === 0) throw new FormatError('truncated', 'is empty', 0)
  // A safetensors file begins with the length of its header, whose digits may be those of a short signature.
  const safetensors = start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0)
  for (const [kind, offset, bytes] of signatures) {
    if (safetensors && bytes.length < 4) continue
    if (bytes.every((byte, index) => start[offset + index] === byte)) {
      throw new FormatError('refused_kind', `is ${kind}`, 0)
    }
  }
  if (!safetensors && isPickle(start)) {
    throw new FormatError('refused_kind', 'is a pickle, which runs code when it is read', 0)
  }
  const gguf = start.subarray(0, 4).toString('latin1') === 'GGUF'
  const format = gguf ? 'gguf' : safetensors ? 'safetensors' : undefined
  if (format === undefined) throw new FormatError('not_a_model', 'is neither a GGUF nor a safetensors file', 0)
  if (ending === format) return format
  throw new FormatError(
    'not_a_model',
    `is a ${format} file by its content but its name ends in ${JSON.stringify(ending.slice(0, 20))}`,
  )
}

/** PROTO with a version of the pickle protocol (2 to 5), or a text pickle that begins with a call (protocol 0: `c` module). */
function isPickle(start: Buffer): boolean {
  if (start[0] === 0x80 && (start[1] ?? 0) >= 2 && (start[1] ?? 0) <= 5) return true
  return /^(c[A-Za-z_.]+\n[A-Za-z_.]+\n|\(dp\d|\(lp\d|\(i[A-Za-z_.]+\n)/.test(start.toString('latin1'))
}
