import { type ChildProcess, execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { exists } from '../store/files.ts'
import type { FoundSeal, MarkSeal } from './mark-seal.ts'

/** Bound into what is sealed: a credential of another name does not open. */
const NAME = 'castellan-high-water'

/** A TPM takes its time, some of them a second. */
const TIMEOUT_MS = 20_000

/**
 * How a credential begins that is encrypted under no key at all (`CRED_AES256_GCM_BY_NULL` in systemd's creds-util.h): it
 * would open, and anybody can make one.
 */
const NULL_KEY = Buffer.from('058469daf6f54324800549da0f8ea2fb', 'hex')

/**
 * The seal of a host that systemd runs: systemd-creds(1) under the host's own key (`/var/lib/systemd/credential.secret`,
 * root alone) and its TPM2, where it has one. The TPM2 is bound to no PCR: a firmware update must not look like damage. Finds
 * out by sealing something; where that fails, says why. `keyDir` is the folder that the mark is in: who keeps a ledger as another
 * user may not be able to seal, so only that user can tell whether a sealed mark has to be there.
 */
export async function findSystemdSeal(keyDir: string): Promise<FoundSeal> {
  const owner = await stat(keyDir).then(
    ({ uid }) => uid,
    () => null,
  )
  if (owner !== null && owner !== process.getuid?.())
    return { seal: null, why: `${keyDir} belongs to another user; verify as that user` }
  if (!(await exists('/run/systemd/system')))
    return { seal: null, why: 'systemd does not run this machine, so systemd-creds has no host key to seal with' }
  const tpm = await creds(['has-tpm2', '--quiet']).then(
    () => true,
    () => false,
  )
  const seal: MarkSeal = {
    name: tpm ? 'systemd-creds, host key and TPM2' : 'systemd-creds, host key',
    seal: (plain) => creds(['encrypt', `--name=${NAME}`, '--with-key=auto', '--tpm2-pcrs=', '-', '-'], plain),
    unseal: async (sealed) => {
      if (Buffer.from(Buffer.from(sealed).toString('latin1'), 'base64').subarray(0, NULL_KEY.length).equals(NULL_KEY))
        throw new Error('it is encrypted under no key')
      return creds(['decrypt', `--name=${NAME}`, '-', '-'], sealed)
    },
  }
  try {
    const probe = Buffer.from(NAME)
    if (!(await seal.unseal(await seal.seal(probe))).equals(probe))
      throw new Error('what it sealed does not open again')
    return { seal }
  } catch (error) {
    return { seal: null, why: `systemd-creds cannot be used: ${reasonOf(error)}` }
  }
}

/** Runs systemd-creds with `input` on its standard input. Nothing secret is in the arguments. */
function creds(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = execFile(
      'systemd-creds',
      args,
      { encoding: 'buffer', timeout: TIMEOUT_MS, env: { PATH: process.env.PATH, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else
          reject(
            error.code === 'ENOENT' ? error : new Error(stderr.toString().trim() || error.message, { cause: error }),
          )
      },
    )
    // It may end before it has read all; what it says on its way out tells more than the broken pipe.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function reasonOf(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'it is not installed (Debian: systemd)'
  return error instanceof Error ? error.message.slice(0, 300) : String(error)
}
