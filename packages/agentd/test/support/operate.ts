/**
 * Runs inside a throwaway host where agentd runs: makes the calls given as JSON in argv through its operator socket, one
 * after the other, and prints the answers as JSON. `undo` is no tool: its `index` may be -1, -2 …, an answer counted from
 * the newest.
 */
import { CallAnswer, type CallOutcome, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

interface Call {
  readonly name: string
  readonly args?: Record<string, unknown>
}

const [socketPath, list] = process.argv.slice(2)
if (socketPath === undefined || list === undefined) throw new Error('usage: operate.ts OPERATOR_SOCKET CALLS')
const agentd = new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' })
const session = newId('ses')
const answers: CallOutcome[] = []
for (const { name, args = {} } of JSON.parse(list) as Call[]) {
  const index = Number(args.index)
  const undo = { ...args, index: index < 0 ? answers.at(index)?.ledger_index : index }
  const call = { call_id: newId('call'), session, agent: 'operator', tool: name, args }
  const answer =
    name === 'undo'
      ? await agentd.request('POST', '/v1/undo', { body: undo, schema: CallAnswer })
      : await agentd.request('POST', '/v1/calls', { body: call, schema: CallAnswer })
  if (answer.status !== 'done') throw new Error(`${name} asked for an approval`)
  answers.push(answer)
}
agentd.close()
console.log(JSON.stringify(answers))
