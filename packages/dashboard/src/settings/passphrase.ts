import { passphrases as words } from '../strings/passphrases.ts'

/** Fewest characters of a passphrase, as the gateway counts them. */
const FEWEST = 12

/** What is wrong with a passphrase that is typed twice, as a sentence; null where it will do. Length is all that is asked of it. */
export function passphraseProblem(passphrase: string, again: string): string | null {
  if ([...passphrase.normalize('NFKC')].length < FEWEST) return words.tooShort(FEWEST)
  return passphrase === again ? null : words.differ
}
