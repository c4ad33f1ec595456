import { fileURLToPath } from 'node:url'
import { findSystemdSeal } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { ThrowawayHost, throwawayHost } from '../../../../tests/support/throwaway-host/host.ts'
import { tempFolder } from '../support.ts'

const repository = fileURLToPath(new URL('../../../..', import.meta.url))
const script = fileURLToPath(new URL('./seal-once.ts', import.meta.url))

throwawayHost.test(
  'the host key of a machine that systemd runs seals the mark, and no key at all opens nothing',
  async () => {
    await using host = await ThrowawayHost.start({ readOnly: [repository] })
    const { stdout } = await host.run([process.execPath, '--conditions=source', script])
    expect(JSON.parse(stdout)).toEqual({
      keeping: { sealed: true, message: 'The high-water mark is sealed by systemd-creds, host key.' },
      findings: [],
      notes: [],
      nobodys: 'it is encrypted under no key',
    })
  },
)

test('a machine without one is told why', async () => {
  const found = await findSystemdSeal(await tempFolder())
  if (found.seal === null) expect(found.why).toMatch(/systemd/)
  else expect(found.seal.name).toMatch(/^systemd-creds/)
})
