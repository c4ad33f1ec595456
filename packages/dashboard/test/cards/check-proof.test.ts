import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkProof } from '../../src/cards/check-proof.ts'

const ORIGIN = 'test.example/ledger'
const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leafHash = (leaf: Buffer) => sha(Buffer.of(0), leaf)
const nodeHash = (left: Buffer, right: Buffer) => sha(Buffer.of(1), left, right)

/** RFC 6962, section 2.1, as it stands there. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leafHash(leaves[0] as Buffer)
  const split = splitOf(leaves.length)
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  return index < split
    ? [...pathOf(index, leaves.slice(0, split)), rootOf(leaves.slice(split))]
    : [...pathOf(index - split, leaves.slice(split)), rootOf(leaves.slice(0, split))]
}

function splitOf(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
const typed = Buffer.concat([Buffer.of(1), raw])
const keyId = sha(Buffer.from(`${ORIGIN}\n`), typed).subarray(0, 4)
const vkey = `${ORIGIN}+${keyId.toString('hex')}+${typed.toString('base64')}`

function proofOf(index: number, size: number): string {
  const leaves = Array.from({ length: size }, (_, n) => Buffer.from(JSON.stringify({ index: n, tool: 'file_write' })))
  const body = `${ORIGIN}\n${size}\n${rootOf(leaves).toString('base64')}\n`
  const signature = Buffer.concat([keyId, sign(null, Buffer.from(body), privateKey)]).toString('base64')
  const lines = [
    'c2sp.org/tlog-proof@v1',
    `extra ${leaves[index]?.toString('base64')}`,
    `index ${index}`,
    ...pathOf(index, leaves).map((hash) => hash.toString('base64')),
  ]
  return `${lines.join('\n')}\n\n${body}\n— ${ORIGIN} ${signature}\n`
}

test('every entry of trees of every shape is proven, and says which it is', async () => {
  for (const size of [1, 2, 3, 5, 8, 13]) {
    for (let index = 0; index < size; index += 1) {
      const proven = await checkProof(proofOf(index, size), vkey)
      expect(proven).toMatchObject({ index, size, keyId: keyId.toString('hex'), entry: { index, tool: 'file_write' } })
    }
  }
})

test('a proof with any changed character proves nothing', async () => {
  const proof = proofOf(6, 11)
  await fc.assert(
    fc.asyncProperty(fc.nat(proof.length - 1), fc.constantFrom(...'Aa0+/=\n x7'), async (at, character) => {
      fc.pre(proof[at] !== character)
      await expect(checkProof(proof.slice(0, at) + character + proof.slice(at + 1), vkey)).rejects.toThrow()
    }),
    { numRuns: 200 },
  )
})

test('another log’s key, and a key that is not what its name says, prove nothing', async () => {
  const proof = proofOf(0, 2)
  await expect(checkProof(proof, vkey.replace('test', 'best'))).rejects.toMatchObject({ fault: 'form' })
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const otherTyped = Buffer.concat([Buffer.of(1), other])
  const otherId = sha(Buffer.from(`${ORIGIN}\n`), otherTyped).toString('hex', 0, 4)
  const otherKey = `${ORIGIN}+${otherId}+${otherTyped.toString('base64')}`
  await expect(checkProof(proof, otherKey)).rejects.toMatchObject({ fault: 'key' })
  const posing = `${ORIGIN}+${keyId.toString('hex')}+${otherTyped.toString('base64')}`
  await expect(checkProof(proof, posing)).rejects.toMatchObject({ fault: 'form' })
})
