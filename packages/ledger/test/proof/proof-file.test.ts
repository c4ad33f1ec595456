import { checkProof, Ledger, LogView } from '@castellan/ledger'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyConsistency } from '../../src/merkle/proof.ts'
import { makeSigner } from '../../src/note/keys.ts'
import { fill, logOf } from '../support.ts'

describe('a .tlog-proof file', () => {
  test('proves an entry offline with nothing but the log\u2019s key', async () => {
    const ledger = await Ledger.open(await logOf(700))
    const proof = await ledger.proof(300)
    const { vkey } = ledger.head()
    await ledger.close()
    expect(checkProof(proof, [vkey])).toMatchObject({
      entry: { index: 300, type: 'intent' },
      checkpoint: { size: 700 },
      witnesses: [],
    })
    expect(() => checkProof(proof, [makeSigner('test.example/ledger', Buffer.alloc(32)).verifier.vkey])).toThrow(
      /No known key/,
    )
    expect(() => checkProof(proof, [makeSigner('other.example', Buffer.alloc(32)).verifier.vkey])).toThrow(
      /no key for that log/,
    )
  })

  test('with any changed character is refused', async () => {
    const ledger = await Ledger.open(await logOf(40))
    const proof = await ledger.proof(7)
    const { vkey } = ledger.head()
    await ledger.close()
    fc.assert(
      fc.property(fc.nat(proof.length - 1), fc.constantFrom(...'Aa0+/=\n x7'), (at, character) => {
        fc.pre(proof[at] !== character)
        expect(() => checkProof(proof.slice(0, at) + character + proof.slice(at + 1), [vkey])).toThrow()
      }),
      { numRuns: 300 },
    )
  })

  test('parsing arbitrary text only ever refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => checkProof(`c2sp.org/tlog-proof@v1\n${text}`, [])).toThrow(/./)
      }),
    )
  })
})

describe('a log read by its published files alone', () => {
  test('shows every entry and proves it', async () => {
    const at = await logOf(600)
    const view = await LogView.open(at.dir)
    for (const index of [0, 255, 256, 511, 512, 599]) {
      const { entry } = checkProof(await view.prove(index), [view.verifiers[0]?.vkey as string])
      expect(entry).toEqual(await view.read(index))
    }
    await expect(view.read(600)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('proves that a newer checkpoint continues an older one', async () => {
    const at = await logOf(300)
    const older = (await LogView.open(at.dir)).checkpoint
    const ledger = await Ledger.open(at)
    await fill(ledger, 333)
    await ledger.close()
    const view = await LogView.open(at.dir)
    expect(await view.rootAt(300)).toEqual(older.root)
    expect(verifyConsistency(300, older.root, 633, view.checkpoint.root, await view.proveConsistency(300))).toBe(true)
  })

  test('goes on working while a writer replaces the files', async () => {
    const at = await logOf(500)
    const view = await LogView.open(at.dir)
    const ledger = await Ledger.open(at)
    await fill(ledger, 300)
    await ledger.publish()
    expect((await view.read(499)).index).toBe(499)
    expect(await view.prove(499)).toMatch(/^c2sp/)
    await ledger.close()
  })
})
