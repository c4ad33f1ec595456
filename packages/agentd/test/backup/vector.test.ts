import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BackupId } from '@castellan/contracts'
import { expect, it } from 'vitest'
import { keyIdOf, openKey, readHeader } from '../../src/backup/container.ts'
import { parseRecoveryKey } from '../../src/backup/recovery-key.ts'
import { loadSodium } from '../../src/backup/sodium.ts'
import { openDesk, picture } from '../support/backups.ts'

const page = new URL('../../../../docs/backup.md', import.meta.url)

it('the published file opens with the published recovery key, on a machine that knows nothing of it', async () => {
  const text = await readFile(page, 'utf8')
  const key = text.match(/CSTRK1(?:-[0-9A-Z]{7}){8}/)?.[0] as string
  const publicKey = Buffer.from(text.match(/public key\s+`([0-9a-f]{64})`/)?.[1] as string, 'hex')
  const container = Buffer.from(
    text
      .slice(text.indexOf('### Test vector'))
      .match(/^ {4}\S+$/gm)
      ?.join('') as string,
    'base64',
  )
  expect([...parseRecoveryKey(key)]).toEqual(Array.from({ length: 32 }, (_, byte) => byte))

  await using desk = await openDesk()
  const id = BackupId.parse('bak_20261121T090000Z-vector')
  const path = join(desk.folder, 'backups', `${id}.backup`)
  await using file = await open(path, 'w+', 0o600)
  await file.writeFile(container)
  const sodium = await loadSodium()
  const header = await readHeader(file)
  expect(header.keyId).toBe(keyIdOf(publicKey).toString('hex'))
  expect(openKey(sodium, header, parseRecoveryKey(key))).toHaveLength(32)

  expect((await desk.backups.list()).map(({ manifest }) => manifest)).toEqual([null])
  desk.unlock(id, 'restore', key)
  await desk.backups.restore(desk.files, id, { to: 'back' }, undefined, () => undefined, desk.signal)
  const restored = await picture(desk.at('back'))
  expect(Object.keys(restored)).toEqual(['srv', 'srv/app', 'srv/app/link', 'srv/app/motd'])
  expect(await readFile(desk.at('back/srv/app/motd'))).toEqual(
    Buffer.concat([Buffer.from('hello, castle\n'), Buffer.alloc(4096)]),
  )
})
