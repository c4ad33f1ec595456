/**
 * Makes the example calls of docs/tools.md for real, through the operator socket of a running agentd, in order (later ones
 * build on earlier ones), and prints them with their answers as JSON. record-tool-examples.ts runs it in a throwaway host.
 */
import { dirname, join } from 'node:path'
import { BackupKeyMade, CallAnswer, CastellanError, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { accountabilityExamples } from './examples/accountability.ts'
import { appExamples } from './examples/apps.ts'
import { backupExamples } from './examples/backup.ts'
import { commandExamples } from './examples/commands.ts'
import { fileExamples } from './examples/files.ts'
import { incidentExamples } from './examples/incidents.ts'
import { journalExamples } from './examples/journal.ts'
import { learningExamples } from './examples/learning.ts'
import { mcpExamples } from './examples/mcp.ts'
import { memoryExamples } from './examples/memory.ts'
import { modelExamples } from './examples/models.ts'
import { networkExamples } from './examples/network.ts'
import { nixosExamples } from './examples/nixos.ts'
import type { RecordCall } from './examples/record.ts'
import { routineExamples } from './examples/routines.ts'
import { securityExamples } from './examples/security.ts'
import { serviceExamples } from './examples/services.ts'
import { storageExamples } from './examples/storage.ts'
import { systemExamples } from './examples/system.ts'
import { webExamples } from './examples/web.ts'
import type { ToolExample } from './tools-doc.ts'

const socketPath = process.argv[2]
if (socketPath === undefined) throw new Error('usage: make-example-calls.ts OPERATOR_SOCKET')
const client = (path: string) => new UnixClient({ socketPath: path, unavailable: 'agentd_unavailable', peer: 'agentd' })
const agentd = client(socketPath)
const asAgent = client(join(dirname(socketPath), 'agent.sock'))
const session = newId('ses')
const examples: ToolExample[] = []

const record: RecordCall = async (tool, args = {}, who = 'operator') => {
  const call = { call_id: newId('call'), session, agent: who, tool, args }
  const answer = await (who === 'operator' ? agentd : asAgent)
    .request('POST', '/v1/calls', { body: call, schema: CallAnswer })
    // Refused before it came to a run: that is an answer to show, too.
    .catch((error: unknown) => {
      if (error instanceof CastellanError && error.code !== 'agentd_unavailable') return error
      throw error
    })
  if (answer instanceof CastellanError) {
    examples.push({ tool, args, summary: answer.message, error: { code: answer.code } })
    return {}
  }
  if (answer.status !== 'done') throw new Error(`${tool} asked for an approval`)
  const { summary, ok, result, error } = answer
  examples.push({ tool, args, summary, ...(ok ? { result } : { error: { code: error?.code ?? 'internal' } }) })
  return (result ?? {}) as Record<string, unknown>
}

// Backups are made for a recovery key; this one is forgotten at once.
await agentd.request('POST', '/v1/backups/key', { body: {}, schema: BackupKeyMade })

for (const family of [
  systemExamples,
  serviceExamples,
  journalExamples,
  networkExamples,
  webExamples,
  fileExamples,
  storageExamples,
  backupExamples,
  nixosExamples,
  commandExamples,
  appExamples,
  routineExamples,
  securityExamples,
  incidentExamples,
  modelExamples,
  memoryExamples,
  learningExamples,
  mcpExamples,
  accountabilityExamples,
]) {
  await family(record)
}
agentd.close()
asAgent.close()

console.log(JSON.stringify(examples, null, 2))
