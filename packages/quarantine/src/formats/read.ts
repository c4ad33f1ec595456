import type { ByteSource } from './bytes.ts'
import { type GgufStructure, readGguf } from './gguf.ts'
import { kindOf } from './kind.ts'
import { readSafetensors, type SafetensorsStructure } from './safetensors.ts'

export type Structure = GgufStructure | SafetensorsStructure

/** The structure of a model file, of the kind that its name and its first bytes agree on. Throws `FormatError`. */
export function readStructure(name: string, source: ByteSource): Structure {
  return kindOf(name, source) === 'gguf' ? readGguf(source) : readSafetensors(source)
}
