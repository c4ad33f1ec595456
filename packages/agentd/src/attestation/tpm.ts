import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Attestation } from '@castellan/contracts'
import { Mutex } from '../state/mutex.ts'

/** The kernel's resource manager of the first TPM. */
const DEVICE = '/dev/tpmrm0'
/** A restricted signing key: it signs nothing that the TPM did not make itself. The same each time, from the owner's seed. */
const ATTRIBUTES = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda'
/** What the machine booted: firmware, its settings, boot loader and kernel (TCG PC Client Platform Firmware Profile, 3.3.4). */
const PCRS = [0, 1, 2, 3, 4, 5, 6, 7] as const
/** How long one command may take, in milliseconds: making a key takes a TPM seconds. */
const COMMAND_MS = 60_000

const run = promisify(execFile)

/** The TPM of this machine, by Debian's tpm2-tools. */
export class Tpm {
  readonly #tcti: string
  readonly #commands = new Mutex()

  private constructor(tcti: string) {
    this.#tcti = tcti
  }

  /** Undefined where there is none, or its tools are not installed. `tcti` names one (tpm2-tss); the kernel's without it. */
  static async find(tcti?: string): Promise<Tpm | undefined> {
    const there =
      tcti !== undefined ||
      (await access(DEVICE).then(
        () => true,
        () => false,
      ))
    if (!there) return undefined
    const tools = await run('tpm2_quote', ['--version'], { timeout: COMMAND_MS }).then(
      () => true,
      () => false,
    )
    return tools ? new Tpm(tcti ?? `device:${DEVICE}`) : undefined
  }

  /** A quote that carries these 32 bytes. Throws where the TPM refuses. */
  quote(extraData: Buffer): Promise<Pick<Attestation, 'message' | 'signature' | 'public_key' | 'pcrs'>> {
    return this.#commands.run(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'cst-tpm-'))
      const file = (name: string) => join(folder, name)
      try {
        await this.#do('tpm2_createprimary', [
          '-C',
          'o',
          '-G',
          'ecc256:ecdsa-sha256:null',
          '-a',
          ATTRIBUTES,
          '-c',
          file('key'),
        ])
        await this.#do('tpm2_readpublic', ['-c', file('key'), '-f', 'pem', '-o', file('pem')])
        await this.#do('tpm2_quote', [
          ...['-c', file('key'), '-l', `sha256:${PCRS.join(',')}`, '-q', extraData.toString('hex'), '-f', 'plain'],
          ...['-m', file('message'), '-s', file('signature'), '-o', file('pcrs'), '-F', 'values'],
        ])
        const values = await readFile(file('pcrs'))
        return {
          message: (await readFile(file('message'))).toString('base64'),
          signature: (await readFile(file('signature'))).toString('base64'),
          public_key: await readFile(file('pem'), 'utf8'),
          pcrs: Object.fromEntries(
            PCRS.map((number, at) => [`${number}`, values.subarray(at * 32, at * 32 + 32).toString('hex')]),
          ),
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  /** One command; what it loaded leaves the TPM again, which has room for three objects where no resource manager helps. */
  async #do(command: string, args: readonly string[]): Promise<void> {
    const options = { timeout: COMMAND_MS, env: { PATH: process.env.PATH, TPM2TOOLS_TCTI: this.#tcti } }
    await run(command, ['-Q', ...args], options)
    await run('tpm2_flushcontext', ['-t'], options).catch(() => undefined)
  }
}
