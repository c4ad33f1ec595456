/** A program for a test to kill: changes agents.json for ever, and prints the digest of each state once it is in force. */
import { AgentDescription, AgentName } from '@castellan/contracts'
import { Agents } from '../../src/agents/agents.ts'
import { quietLog } from './log.ts'

const [path = ''] = process.argv.slice(2)
const agents = await Agents.open({
  ...{ path, promptFolders: [], log: quietLog('agents') },
  records: { append: async () => 0 },
  testEngine: async () => undefined,
})
process.stdout.write(`open ${agents.state.digest} ${agents.state.problem}\n`)
const change = { by: 'owner', signal: new AbortController().signal }
for (let turn = 0; ; turn++) {
  const prompt = `${turn} `.repeat(1 + (turn % 2000))
  await agents.put(AgentName.parse(`agent-${turn % 5}`), AgentDescription.parse({ prompt }), change)
  process.stdout.write(`done ${agents.state.digest}\n`)
}
