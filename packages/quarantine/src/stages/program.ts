import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The program that runs one stage: `stages/main.ts` here, compiled where this is. */
export function stageProgram(): string {
  const self = fileURLToPath(import.meta.url)
  return fileURLToPath(new URL(`./main${extname(self)}`, import.meta.url))
}
