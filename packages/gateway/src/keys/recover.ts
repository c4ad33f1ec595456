import { readFile } from 'node:fs/promises'
import { CastellanError } from '@castellan/contracts'
import { open } from './envelope.ts'
import { EnvelopeFault } from './envelope-fault.ts'
import { ROOT } from './gateway-keys.ts'
import { Kek } from './kek.ts'
import { KekFiles } from './kek-files.ts'
import { bytesOfPhrase } from './phrase.ts'

export interface RecoveryPlaces {
  readonly keyFile: string
  readonly rootFile: string
}

/**
 * Puts the key file of a stopped gateway back from its recovery phrase. Works on the files alone. The key has to open what is
 * there: throws `recovery_phrase_invalid`, `state_key_foreign` where the words are those of another key, `state_key_damaged`, and
 * `not_found` where there is nothing to open.
 */
export async function recoverKey(
  phrase: string,
  { keyFile, rootFile }: RecoveryPlaces,
): Promise<{ readonly key: string }> {
  const bytes = bytesOfPhrase(phrase)
  const wrapped = await readFile(rootFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new CastellanError('not_found', `There is nothing that a key would open: ${rootFile} is not there.`)
  })
  const kek = new Kek(Buffer.from(bytes))
  try {
    open([kek], wrapped, ROOT).fill(0)
  } catch (error) {
    if (!(error instanceof EnvelopeFault)) throw error
    throw error.reason === 'foreign'
      ? new CastellanError('state_key_foreign', 'These are the words of another key; nothing was changed.')
      : new CastellanError('state_key_damaged', `${rootFile} is ${error.reason}; put it back from a backup first.`)
  }
  await new KekFiles({ file: keyFile, credentialsFolder: undefined }).restore(bytes)
  return { key: kek.id }
}
