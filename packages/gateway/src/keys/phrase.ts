import { CastellanError } from '@castellan/contracts'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { KEY_BYTES, type Kek } from './kek.ts'

const WORDS = 24

/** The key as 24 words of BIP 39's English list, the last of which holds a checksum. */
export function phraseOf(kek: Kek): string {
  const bytes = kek.copy()
  try {
    return entropyToMnemonic(bytes, wordlist)
  } finally {
    bytes.fill(0)
  }
}

/**
 * The key that a phrase stands for. Upper case and any white space are forgiven. Throws `recovery_phrase_invalid`, which names the
 * place of a word that is not on the list and never the word.
 */
export function bytesOfPhrase(text: string): Buffer {
  const words = text.normalize('NFKD').trim().toLowerCase().split(/\s+/)
  if (words.length !== WORDS) throw invalid(`A recovery phrase has ${WORDS} words, and these are ${words.length}.`)
  const stranger = words.findIndex((word) => !wordlist.includes(word))
  if (stranger !== -1) throw invalid(`Word ${stranger + 1} is not on the list of BIP 39; look at how it is spelled.`)
  try {
    const bytes = Buffer.from(mnemonicToEntropy(words.join(' '), wordlist))
    if (bytes.length === KEY_BYTES) return bytes
  } catch {
    // The checksum; what is thrown may quote the words.
  }
  throw invalid('The checksum of these words is wrong: one of them is another word, or two are in each other’s place.')
}

function invalid(message: string): CastellanError {
  return new CastellanError('recovery_phrase_invalid', message)
}
