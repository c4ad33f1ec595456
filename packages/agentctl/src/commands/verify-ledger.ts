import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  type FoundSeal,
  findSystemdSeal,
  parsePolicy,
  type Verdict,
  verifyExport,
  verifyLedger,
} from '@castellan/ledger'
import type { Context } from '../context.ts'
import { UsageError } from '../exit.ts'
import { linesOf } from '../lines.ts'
import type { Cli } from '../program.ts'
import { Progress } from '../progress.ts'
import { printVerdict } from '../verdict.ts'
import { readVerified, rememberVerified } from '../verified-checkpoint.ts'

const help = `
Reads the ledger on disk, without any daemon and without changing it; it may run while Castellan writes. Checks every
entry's hash chain, the Merkle tree and its tiles, every signed tree head, that each outcome has its intent, that time
does not run backwards, and that nothing was cut off or put back.

Exit codes:
  0  whole                      7  departs from the acknowledged history
  1  a byte was altered         8  rewritten from the beginning
  3  a file is missing          9  the high-water mark is missing
  4  signed by a foreign key   10  an outcome without intent, or two for one
  5  entries cut off the end   11  time runs backwards
  6  an older copy put back    12  witnesses: too few, or they know another history
  2  the command line is off   13  the ledger cannot be read

Examples:
  agentctl verify-ledger
  agentctl verify-ledger --since-checkpoint              daily: only what came since it was last verified
  agentctl verify-ledger --witnesses policy.txt          also ask the witnesses what they saw
  agentctl verify-ledger --dir /mnt/copy/ledger --key 'castellan/web1/…'     a copy, elsewhere
  agentctl verify-ledger --export ledger.ndjson --key 'castellan/web1/…'     an export, elsewhere`

interface VerifyOptions {
  dir?: string
  keys?: string
  key?: string
  export?: string
  sinceCheckpoint: boolean
  witnesses?: string
}

export function addVerifyLedger({ program, act }: Cli): void {
  program
    .command('verify-ledger')
    .option('--dir <dir>', "the ledger's folder (default: that of the state folder)")
    .option('--keys <dir>', "the ledger's key folder (default: that of the state folder, unless --dir names a copy)")
    .option('--key <vkey>', 'a key the ledger must be signed with, as a C2SP verifier key')
    .option('--export <file>', 'verify an export instead of a folder')
    .option('--since-checkpoint', 'go on from where the last full verification found everything good', false)
    .option('--witnesses <policy>', 'a C2SP tlog-policy file: check cosignatures, and ask the witnesses it names')
    .description('prove that nobody changed, cut or reordered the record')
    .addHelpText('after', help)
    .action(
      act(async (context, options: VerifyOptions) => {
        const verdict =
          options.export === undefined
            ? await verifyFolder(context, options)
            : await verifyFile(options.export, options)
        context.terminal.result(verdict, () => printVerdict(context.terminal, verdict))
        return verdict.exitCode
      }),
    )
}

async function verifyFolder(context: Context, options: VerifyOptions): Promise<Verdict> {
  const dir = resolve(options.dir ?? join(context.stateFolder, 'ledger'))
  const published = await readFile(join(dir, 'checkpoint'), 'utf8').catch(() => undefined)
  const progress = new Progress(context.terminal, 'entries')
  const verdict = await verifyLedger({
    dir,
    ...(await keyFolder(context.stateFolder, options)),
    ...(options.key === undefined ? {} : { vkey: options.key }),
    ...(options.sinceCheckpoint ? { since: await readVerified(context.stateFolder) } : {}),
    ...(options.witnesses === undefined
      ? {}
      : { witnesses: { policy: parsePolicy(await readPolicy(options.witnesses)), fetch } }),
    onProgress: (done, total) => progress.update(done, total),
  })
  progress.end()
  if (verdict.ok && published !== undefined && options.dir === undefined)
    await rememberVerified(context.stateFolder, published)
  return verdict
}

function verifyFile(file: string, { key }: VerifyOptions): Promise<Verdict> {
  return verifyExport(linesOf(file), key === undefined ? {} : { vkey: key })
}

/** A copy of a ledger has no key folder beside it unless one is named. A mark is sealed to this machine only in its own place. */
async function keyFolder(
  stateFolder: string,
  { dir, keys }: VerifyOptions,
): Promise<{ keyDir?: string; seal?: FoundSeal }> {
  if (keys !== undefined) return { keyDir: resolve(keys) }
  if (dir !== undefined) return {}
  const keyDir = join(stateFolder, 'agentd', 'ledger-keys')
  return { keyDir, seal: await findSystemdSeal(keyDir) }
}

async function readPolicy(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`The witness policy cannot be read: ${(error as Error).message}`)
  }
}
