/** Seals and opens as the machine it runs on can, and prints what came of it; for the test on a throwaway host. */
import { execFileSync } from 'node:child_process'
import { findSystemdSeal, Ledger, verifyLedger } from '@castellan/ledger'
import { intent } from '../drafts.ts'

const keyDir = '/tmp/sealed/keys'
const seal = await findSystemdSeal(keyDir)
const at = { dir: '/tmp/sealed/ledger', keyDir, origin: 'test.example/sealed', seal }
const ledger = await Ledger.open(at)
await ledger.append(intent(0), { args: 'x' })
const keeping = ledger.markKeeping
await ledger.close()
const verdict = await verifyLedger(at)
const nobodys = seal.seal === null ? null : await openedUnderNoKey(seal.seal.unseal)
process.stdout.write(JSON.stringify({ keeping, findings: verdict.findings, notes: verdict.notes, nobodys }))

/** What comes of a credential that is encrypted under no key: anybody can make one. */
async function openedUnderNoKey(unseal: (sealed: Uint8Array) => Promise<Buffer>): Promise<string> {
  const args = ['encrypt', '--name=castellan-high-water', '--with-key=tpm2-absent', '-', '-']
  const sealed = execFileSync('systemd-creds', args, { input: 'forged' })
  return unseal(sealed).then(
    () => 'opened',
    (error: Error) => error.message,
  )
}
