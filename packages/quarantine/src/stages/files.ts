import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ByteSource, fileSource } from '../formats/index.ts'

/** Opens one file of the candidate and hands it over as a source; links are not followed. */
export async function withFile<Result>(
  folder: string,
  name: string,
  use: (source: ByteSource) => Result | Promise<Result>,
): Promise<Result> {
  const descriptor = openSync(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    return await use(fileSource(descriptor, fstatSync(descriptor).size))
  } finally {
    closeSync(descriptor)
  }
}

export function isWeights(name: string): boolean {
  return name.endsWith('.safetensors') || name.endsWith('.gguf')
}

/** A model's own words about itself end up in front of people. */
export function printable(text: string, length: number): string {
  return text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
    .trim()
    .slice(0, length)
    .toWellFormed()
}
