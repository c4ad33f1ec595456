import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError, Sha256Hex } from '@castellan/contracts'
import { inspectModel } from '@castellan/gguf'
import type { RegisteredModel } from '@castellan/quarantine/registry'

/** The model that comes with Castellan; its digest is shipped beside it as sha256sum(1) writes it. */
export function builtInPath(): string {
  return fileURLToPath(new URL('../../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))
}

/**
 * The built-in model's entry: trusted by the digest that is shipped, not by that of the file, which whoever loads it compares.
 * Throws `model_invalid` where the digest is not there.
 */
export async function builtInModel(path: string = builtInPath()): Promise<RegisteredModel> {
  const text = await readFile(`${path}.sha256`, 'utf8').catch(() => '')
  const sha256 = Sha256Hex.safeParse(text.slice(0, 64))
  if (!sha256.success) {
    throw new CastellanError(
      'model_invalid',
      `${path}.sha256 does not tell the built-in model's digest. Install Castellan again.`,
    )
  }
  const { name, architecture, parameters, trainedContextTokens, fileBytes } = await inspectModel(path)
  return {
    id: sha256.data.slice(0, 16),
    name,
    format: 'gguf',
    sha256: sha256.data,
    bytes: fileBytes,
    file: null,
    architecture,
    parameters,
    contextTokens: trainedContextTokens,
    source: basename(path),
    declaredSource: null,
    pinned: true,
    signer: null,
    verdicts: [],
    importedAt: new Date(0).toISOString(),
    importedBy: 'castellan',
    removed: false,
  }
}
