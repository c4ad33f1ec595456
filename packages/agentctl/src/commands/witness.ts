import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createWitnessServer, LogWitness, parseVkey, SeenLogs } from '@castellan/ledger'
import type { Context } from '../context.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const help = `
A witness remembers the newest tree head of each ledger and cosigns a new one only if it continues that. Run it on
another machine of yours: then even somebody with the ledger's own key cannot rewrite or cut it unseen. It speaks C2SP
tlog-witness; put TLS in front of it where the network is not yours.

Examples:
  agentctl witness serve --name home.example/witness --log 'castellan/web1/5d0c1b2a+9f3e…'
  agentctl witness serve --listen 10.0.0.5:7380 --name home.example/witness --log "$(cat web1.vkey)"`

const forgetHelp = `
For a ledger that was repaired after entries were lost: its witness rightly cosigns nothing that does not continue what it
saw. Find out first why that is so: whoever rewrote the ledger would want the same. What is forgotten stays beside it in a
file. The witness may run meanwhile.

Example:
  agentctl witness forget castellan/web1/5d0c1b2a`

interface ServeOptions {
  dir?: string
  name: string
  log: string[]
  listen: string
}

export function addWitness({ program, act }: Cli): void {
  const witness = program.command('witness').description('cosign the ledgers of other machines')
  witness
    .command('serve')
    .requiredOption('--name <name>', "name of the witness's key, like home.example/witness")
    .requiredOption('--log <vkey>', 'verifier key of a ledger to cosign for; may be given more than once', collect, [])
    .option('--listen <address>', 'where to listen', '127.0.0.1:7380')
    .option('--dir <dir>', 'where the witness keeps its key and what it saw (default: witness in the state folder)')
    .description('run a witness until Ctrl-C')
    .addHelpText('after', help)
    .action(act(serve))
  witness
    .command('forget')
    .argument('<log>', 'origin or verifier key of the ledger')
    .option('--dir <dir>', 'where the witness keeps what it saw (default: witness in the state folder)')
    .description('forget what was seen of a ledger, so that the witness cosigns it from its beginning again')
    .addHelpText('after', forgetHelp)
    .action(act(forget))
}

async function forget({ terminal, stateFolder }: Context, log: string, options: { dir?: string }): Promise<number> {
  const dir = options.dir ?? join(stateFolder, 'witness')
  const origin = log.includes('+') ? parseVkey(log).name : log
  const seen = await new SeenLogs(dir).forget(origin, Date.now())
  if (seen === null) throw new UsageError(`Nothing was seen of ${log} by the witness in ${dir}.`)
  const forgotten = { origin, size: seen.size, root: seen.root.toString('hex') }
  terminal.result(forgotten, () =>
    terminal.line(`Forgotten: ${printable(origin)}, seen last at ${seen.size} entries (${forgotten.root}).`),
  )
  return exitCodes.ok
}

async function serve(context: Context, options: ServeOptions): Promise<number> {
  const { terminal, stateFolder } = context
  const { host, port } = parseAddress(options.listen)
  const dir = options.dir ?? join(stateFolder, 'witness')
  const witness = await LogWitness.open({ dir, name: options.name, logs: options.log })
  const server = createWitnessServer(witness)
  server.listen(port, host)
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  terminal.result({ url, vkey: witness.verifier.vkey, dir }, () => {
    terminal.line(`The witness listens at ${url}; its state is in ${dir}. Ctrl-C stops it.`)
    terminal.line('In the witness policy of the ledger:')
    terminal.line(`  witness w1 ${witness.verifier.vkey} ${url}`)
    terminal.line('  quorum w1')
  })
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  server.close()
  server.closeAllConnections()
  return exitCodes.ok
}

/** `127.0.0.1:7380`, `[::1]:7380`; port 0 takes any free one. */
function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535)
    throw new UsageError(`--listen takes an address and a port, like 127.0.0.1:7380, not ${text}.`)
  return { host: (match[1] ?? match[2]) as string, port }
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value]
}
