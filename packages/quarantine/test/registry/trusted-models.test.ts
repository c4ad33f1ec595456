import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { type RegistryBody, signRegistry, TrustedModels } from '../../src/registry/index.ts'

const content = 'weights'
const digest = createHash('sha256').update(content).digest('hex')

function bodyOf(serial: number, removed = false): RegistryBody {
  return {
    version: 1,
    serial,
    issuedAt: '2026-11-21T12:00:00.000Z',
    models: [
      {
        id: digest.slice(0, 16),
        name: 'a model',
        format: 'gguf',
        sha256: digest,
        bytes: content.length,
        file: `${digest}.gguf`,
        architecture: 'llama',
        parameters: 1,
        contextTokens: 1,
        source: '/srv/a.gguf',
        declaredSource: null,
        pinned: false,
        signer: null,
        verdicts: [],
        importedAt: '2026-11-21T12:00:00.000Z',
        importedBy: 'operator',
        removed,
      },
    ],
  }
}

function registry() {
  const folder = temporaryFolder()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const paths = { manifest: join(folder, 'registry.json'), publicKey: join(folder, 'registry.pub') }
  writeFileSync(paths.publicKey, publicKey.export({ type: 'spki', format: 'pem' }))
  const model = join(folder, 'model.gguf')
  writeFileSync(model, content)
  const write = (body: RegistryBody, key: KeyObject = privateKey) =>
    writeFileSync(paths.manifest, signRegistry(body, key))
  return { paths, model, write, trusted: new TrustedModels(paths) }
}

describe('the list of trusted models', () => {
  it('admits a file whose digest is on it', async () => {
    const { model, write, trusted } = registry()
    write(bodyOf(1))
    expect(await trusted.admit(model)).toMatchObject({ sha256: digest, name: 'a model' })
  })

  it('refuses a file that is not on it, was changed, or was taken out of use', async () => {
    const { model, write, trusted } = registry()
    write(bodyOf(1))
    writeFileSync(model, 'other weights')
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'model_untrusted' })
    writeFileSync(model, content)
    write(bodyOf(2, true))
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'model_untrusted' })
  })

  it('trusts nothing where it is not there, cut, signed by another key, or changed by a digit', async () => {
    const { paths, model, write, trusted } = registry()
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'registry_missing' })
    write(bodyOf(1), generateKeyPairSync('ed25519').privateKey)
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'registry_forged' })
    const text = signRegistry(bodyOf(1), generateKeyPairSync('ed25519').privateKey)
    writeFileSync(paths.manifest, text.slice(0, -10))
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'registry_damaged' })
    writeFileSync(paths.publicKey, 'no key')
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'registry_damaged' })
  })

  it('does not go back to an older list, even a well signed one', async () => {
    const { model, write, trusted } = registry()
    write(bodyOf(5, true))
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'model_untrusted' })
    write(bodyOf(4))
    await expect(trusted.admit(model)).rejects.toMatchObject({ code: 'registry_rolled_back' })
  })

  it('tells of a revocation while the model is loaded, once', async () => {
    const { write, trusted } = registry()
    write(bodyOf(1))
    const told: string[] = []
    const revoked = new Promise<void>((resolve) => {
      trusted.watch(digest, (why) => {
        told.push(why)
        resolve()
      })
    })
    await trusted.find(digest)
    expect(told).toEqual([])
    write(bodyOf(2, true))
    await revoked
    expect(told).toEqual([expect.stringContaining('taken out of use')])
  })
})
