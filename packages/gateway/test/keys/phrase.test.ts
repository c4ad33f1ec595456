import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { GatewayKeys } from '../../src/keys/gateway-keys.ts'
import { Kek } from '../../src/keys/kek.ts'
import { bytesOfPhrase, phraseOf } from '../../src/keys/phrase.ts'
import { recoverKey } from '../../src/keys/recover.ts'

/** From the test vectors of BIP 39 itself. */
const VECTORS = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  [
    '7f'.repeat(32),
    `${'legal winner thank year wave sausage worth useful '.repeat(2)}legal winner thank year wave sausage worth title`,
  ],
  ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
  [
    'f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f',
    'void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold',
  ],
] as const

it.each(VECTORS)('%s is its 24 words, and they are it', (hex, phrase) => {
  expect(phraseOf(new Kek(Buffer.from(hex, 'hex')))).toBe(phrase)
  expect(bytesOfPhrase(phrase).toString('hex')).toBe(hex)
  expect(bytesOfPhrase(`  ${phrase.toUpperCase().replaceAll(' ', '\n\t')} `).toString('hex')).toBe(hex)
})

it.each([
  ['too few', 'abandon '.repeat(12), 'has 24 words, and these are 12'],
  ['none', '', 'has 24 words'],
  ['a word that is on no list', `${'abandon '.repeat(22)}PLANTED art`, 'Word 23 is not on the list'],
  ['a wrong checksum', 'abandon '.repeat(24), 'checksum'],
  ['two in each other’s place', `${'zoo '.repeat(22)}vote zoo`, 'checksum'],
])('refuses %s without quoting a word', (_what, phrase, why) => {
  try {
    bytesOfPhrase(phrase)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'recovery_phrase_invalid', message: expect.stringContaining(why) })
    expect(String((error as Error).stack)).not.toMatch(/planted|abandon|vote/)
  }
})

it('puts a lost key back, and refuses the words of another', async () => {
  const folder = temporaryFolder()
  const places = { keyFile: join(folder, 'kek'), rootFile: join(folder, 'root') }
  const options = { file: places.keyFile, rootFile: places.rootFile, encrypted: [], credentialsFolder: undefined }
  await expect(recoverKey(VECTORS[0][1], places)).rejects.toMatchObject({ code: 'not_found' })
  const keys = await GatewayKeys.open(options)
  const derived = keys.derive('castellan test v1')
  const words = phraseOf(keys.keks[0] as Kek)
  const before = readFileSync(places.keyFile)
  rmSync(places.keyFile)
  await expect(recoverKey(VECTORS[0][1], places)).rejects.toMatchObject({ code: 'state_key_foreign' })
  expect(existsSync(places.keyFile)).toBe(false)
  await recoverKey(words, places)
  expect(readFileSync(places.keyFile)).toEqual(before)
  expect((await GatewayKeys.open(options)).derive('castellan test v1')).toEqual(derived)
})
