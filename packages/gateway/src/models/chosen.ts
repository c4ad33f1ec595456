import { readFile } from 'node:fs/promises'
import { CastellanError, Sha256Hex, Timestamp } from '@castellan/contracts'
import { ModelId } from '@castellan/contracts/api'
import { writePrivateFile } from '@castellan/daemon'
import { z } from 'zod'

/** A model that was chosen over the configured one. */
export const Choice = z.strictObject({
  id: ModelId,
  name: z.string().max(200),
  sha256: Sha256Hex,
  chosen_at: Timestamp,
})
export type Choice = z.infer<typeof Choice>

const File = z.strictObject({ version: z.literal(1), chosen: Choice.nullable() })

/** What was chosen when the gateway last ran; null for the configured model. Throws `config_invalid` for a file that is not ours. */
export async function readChoice(path: string): Promise<Choice | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const file = File.safeParse(parsed(text))
  if (file.success) return file.data.chosen
  throw new CastellanError(
    'config_invalid',
    `${path} does not say which model was chosen. Move it away and choose the model again: agentctl model use ID`,
  )
}

export async function writeChoice(path: string, chosen: Choice | null): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify({ version: 1, chosen } satisfies z.input<typeof File>)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
