import type { Log } from '@castellan/daemon'
import { type FoundSeal, findSystemdSeal } from '@castellan/ledger'

/**
 * What seals small secrets and marks to this machine: systemd-creds with the host's key and its TPM2, where there are such.
 * Where there are none, `why` says so, in the log and wherever the ledger's state is shown.
 */
export async function openHostSeal(keyDir: string, log: Log): Promise<FoundSeal> {
  const found = await findSystemdSeal(keyDir)
  if (found.seal === null) log.info({ why: found.why }, 'nothing is sealed to this machine')
  else log.info({ seal: found.seal.name }, 'the high-water mark of the ledger is sealed to this machine')
  return found
}
