import { LatchChange, type LatchRequest } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'
import { addDestinations } from './airlock/destinations.ts'
import { addInspection } from './airlock/inspection.ts'
import { addLog } from './airlock/log.ts'
import { addSecrets } from './airlock/secrets.ts'

const teach = `
Nothing of Castellan's reaches another machine but through the airlock, and the airlock reaches only what is on its list.
A host is reached by its name, over https on port 443, at public addresses, unless its entry says otherwise.

Examples:
  agentctl airlock allow openai                        api.openai.com; also anthropic, openrouter
  agentctl airlock allow '*.example.org' --method GET  every name below example.org, for reading
  agentctl airlock allow vllm.lan:8000 --private --ca lan-ca.pem   a host of your own network
  agentctl airlock allow localhost:11434 --loopback --http         Ollama on this machine
  agentctl airlock deny api.openai.com                 take it away, and end what is under way
  agentctl airlock off --reason "odd traffic"          let nothing out, also after a restart`

export function addAirlock({ program, act }: Cli): void {
  const airlock = program
    .command('airlock')
    .description('what may leave this machine, what left, and the latch that shuts everything')
    .addHelpText('after', teach)
  addDestinations(airlock, act)
  addSecrets(airlock, act)
  addInspection(airlock, act)

  airlock
    .command('off')
    .option('--reason <text>', 'why, for the ledger and for whoever is refused', 'shut by the operator')
    .description('let nothing out from now on, and end what is under way; stays so over restarts')
    .action(act((context, { reason }: { reason: string }) => turn(context, { off: true, reason })))

  airlock
    .command('on')
    .description('let out again what is on the list')
    .action(act((context) => turn(context, { off: false })))

  addLog(airlock, act)
}

async function turn(context: Context, body: LatchRequest): Promise<number> {
  const airlock = await context.airlock()
  const change = await airlock.request('POST', '/v1/latch', { body, schema: LatchChange })
  const { terminal } = context
  terminal.result(change, () => {
    terminal.line(change.latch.off ? 'The airlock is shut. agentctl airlock on opens it.' : 'The airlock is open.')
    if (change.message !== undefined) terminal.note(printable(change.message))
  })
  return change.message === undefined ? exitCodes.ok : exitCodes.failed
}
