import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frontier } from '../../src/merkle/frontier.ts'
import { emptyRoot, leafHash, nodeHash, rootOf } from '../../src/merkle/hash.ts'
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from '../../src/merkle/proof.ts'
import { bundlePath, partialTiles, tileNumberPath, tilePath } from '../../src/merkle/tiles.ts'

/** The leaves and roots that RFC 6962 implementations have shared since 2012. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
)
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** `MTH` exactly as RFC 6962 section 2.1 defines it, slow and plain: what everything else is held to. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leaves[0] as Buffer
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}

const reader = (leaves: readonly Buffer[]) => async (height: number, index: number) =>
  mth(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height))

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)))

describe('the Merkle tree of RFC 6962', () => {
  test('has the published roots at every size', () => {
    const frontier = new Frontier()
    expect(frontier.root().toString('hex')).toBe(ROOTS[0])
    for (const [i, leaf] of LEAVES.entries()) {
      frontier.add(leaf)
      expect(frontier.root().toString('hex')).toBe(ROOTS[i + 1])
      expect(rootOf(LEAVES.slice(0, i + 1)).toString('hex')).toBe(ROOTS[i + 1])
    }
  })

  test('gives the published inclusion proof of leaf 0 of 8', async () => {
    const proof = await inclusionProof(reader(LEAVES), 0, 8)
    expect(proof.map((hash) => hash.toString('hex'))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
  })

  test('has a root equal to the definition at any size', () => {
    const leaves = leavesOf(70)
    const frontier = new Frontier()
    for (const [i, leaf] of leaves.entries()) {
      frontier.add(leaf)
      expect(frontier.root()).toEqual(mth(leaves.slice(0, i + 1)))
    }
  })
})

describe('proofs', () => {
  test('every inclusion proof verifies, and only for its own index, size, leaf and root', async () => {
    for (let size = 1; size <= 20; size += 1) {
      const leaves = leavesOf(size)
      const root = mth(leaves)
      for (let index = 0; index < size; index += 1) {
        const leaf = leaves[index] as Buffer
        const proof = await inclusionProof(reader(leaves), index, size)
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true)
        expect(verifyInclusion(leaf, index + 1, size, proof, root)).toBe(false)
        expect(verifyInclusion(leaf, index, size, [...proof, root], root)).toBe(false)
        expect(verifyInclusion(leaf, index, size, proof, leafHash(root))).toBe(false)
        if (proof.length > 0) expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(false)
      }
    }
  })

  test('every consistency proof verifies, and no other root passes', async () => {
    for (let to = 1; to <= 20; to += 1) {
      const leaves = leavesOf(to)
      for (let from = 0; from <= to; from += 1) {
        const older = mth(leaves.slice(0, from))
        const proof = await consistencyProof(reader(leaves), from, to)
        expect(verifyConsistency(from, older, to, mth(leaves), proof)).toBe(true)
        expect(verifyConsistency(from, leafHash(older), to, mth(leaves), proof)).toBe(false)
        expect(verifyConsistency(from, older, to, mth(leaves), [...proof, older])).toBe(false)
        if (from > 0 && from < to) expect(verifyConsistency(from, older, to, leafHash(older), proof)).toBe(false)
      }
    }
  })

  test('no changed bit of a proof survives', async () => {
    const leaves = leavesOf(100)
    const root = mth(leaves)
    await fc.assert(
      fc.asyncProperty(fc.nat(99), fc.nat(), fc.nat(255), async (index, at, bit) => {
        const proof = await inclusionProof(reader(leaves), index, 100)
        const hash = proof[at % proof.length] as Buffer
        const changed = Buffer.from(hash)
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        proof[at % proof.length] = changed
        expect(verifyInclusion(leaves[index] as Buffer, index, 100, proof, root)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})

describe('tile paths of C2SP tlog-tiles', () => {
  test('are those of its examples', () => {
    expect(tileNumberPath(1234067)).toBe('x001/x234/067')
    expect(tilePath(0, 5)).toBe('tile/0/005')
    expect(bundlePath(1000, 17)).toBe('tile/entries/x001/000.p/17')
  })

  test('a tree of 70,000 has the partial tiles the page names', () => {
    expect(partialTiles(70_000)).toEqual([
      { level: 0, n: 273, width: 112 },
      { level: 1, n: 1, width: 17 },
      { level: 2, n: 0, width: 1 },
    ])
    expect(partialTiles(256)).toEqual([{ level: 1, n: 0, width: 1 }])
  })
})
