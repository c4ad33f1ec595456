import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pcrDigest, quoteProblem } from '@castellan/agentd'
import { Attestation, AttestationNonce } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
A quote is the TPM's word on what this machine booted and on what Castellan runs here. Whoever wants it makes the nonce, so
that no older quote serves; verifying needs no TPM and no daemon. Keep the key and the digest of the registers of a
quote that you trust, and compare: they change when another firmware, boot loader or kernel is booted.

Examples:
  agentctl verify-quote --new-nonce                       on the peer: prints a nonce
  agentctl attest --nonce 4f… --to quote.json             on this machine
  agentctl verify-quote quote.json --nonce 4f… --key ak.pem     on the peer again`

/** `agentctl attest` and `agentctl verify-quote`: what runs here, vouched for by the TPM. */
export function addAttest({ program, act }: Cli): void {
  program
    .command('attest')
    .requiredOption('--nonce <hex>', '16 to 32 random bytes of whoever wants to know')
    .requiredOption('--to <file>', 'a new file for the quote')
    .description('have the TPM vouch for what this machine booted and runs')
    .addHelpText('after', teach)
    .action(act(attest))
  program
    .command('verify-quote')
    .argument('[file]')
    .option('--nonce <hex>', 'the nonce that was asked with')
    .option('--key <file>', 'the attestation key (PEM) that it has to be signed by')
    .option('--new-nonce', 'only print a nonce to ask with')
    .description('verify a quote of another machine; needs no TPM')
    .addHelpText('after', teach)
    .action(act(verifyQuote))
}

async function attest(context: Context, { nonce, to }: { nonce: string; to: string }): Promise<number> {
  const operator = await context.operator()
  const body = { nonce: readNonce(nonce) }
  const attestation = await operator.request('POST', '/v1/attestation', {
    body,
    schema: Attestation,
    timeoutMs: 200_000,
  })
  const file = resolve(to)
  await writeFile(file, `${JSON.stringify(attestation, null, 2)}\n`, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UsageError(
        `${file} ${error.code === 'EEXIST' ? 'is there already' : `cannot be written (${error.code})`}.`,
      )
    },
  )
  context.terminal.result(attestation, () => context.terminal.line(`The quote is in ${file}.`))
  return exitCodes.ok
}

interface VerifyOptions {
  readonly nonce?: string
  readonly key?: string
  readonly newNonce?: true
}

async function verifyQuote({ terminal }: Context, file: string | undefined, options: VerifyOptions): Promise<number> {
  if (options.newNonce === true) {
    const nonce = randomBytes(32).toString('hex')
    terminal.result({ nonce }, () => terminal.line(nonce))
    return exitCodes.ok
  }
  if (file === undefined || options.nonce === undefined)
    throw new UsageError('Name the file of the quote, and the --nonce.')
  const attestation = Attestation.safeParse(asJson(await readText(file)))
  if (!attestation.success) throw new UsageError(`${file} holds no quote.`)
  const key = options.key === undefined ? undefined : await readText(options.key)
  const problem = quoteProblem(attestation.data, readNonce(options.nonce), key)
  const { set, pcrs, public_key } = attestation.data
  const registers = pcrDigest(pcrs)
  terminal.result({ ok: problem === null, problem, set, registers, public_key }, () => {
    if (problem !== null) return terminal.line(problem)
    terminal.line('The quote holds: signed by its key, over this nonce, over what it is shown with.')
    for (const [name, value] of Object.entries(set)) terminal.line(`  ${name}: ${value ?? '-'}`)
    terminal.line(`  registers: ${registers}`)
    if (key === undefined) terminal.line('Whether the key is that machine’s only --key can tell.')
  })
  return problem === null ? exitCodes.ok : exitCodes.failed
}

function readNonce(text: string): string {
  const nonce = AttestationNonce.safeParse(text)
  if (nonce.success) return nonce.data
  throw new UsageError('A nonce is 16 to 32 bytes in hex; `agentctl verify-quote --new-nonce` makes one.')
}

async function readText(path: string): Promise<string> {
  return readFile(resolve(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`)
  })
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
