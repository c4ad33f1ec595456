import { setTimeout as sleep } from 'node:timers/promises'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { text } from './content.ts'
import { anything, type FixtureTools } from './tool.ts'

/** What the scenarios of the tasks extension call. */
export const taskTools: FixtureTools = {
  greet: {
    description: 'Greets at once.',
    inputSchema: anything('name'),
    call: async ({ name }) => text(`Hello, ${String(name)}!`),
  },
  slow_compute: {
    description: 'Takes as many seconds as it is told.',
    inputSchema: { type: 'object', properties: { seconds: { type: 'number' }, label: { type: 'string' } } },
    async call({ seconds, label }, { signal }) {
      await sleep(Number(seconds) * 1000, undefined, { signal })
      return text(`computed ${String(label)}`)
    },
  },
  failing_job: {
    description: 'Fails after a moment.',
    async call(_args, { signal }) {
      await sleep(200, undefined, { signal })
      return { ...text('the job failed'), isError: true }
    },
  },
  protocol_error_job: {
    description: 'Ends in a protocol error.',
    async call() {
      throw new ProtocolError(ProtocolErrorCode.InternalError, 'it broke')
    },
  },
}

export function taskSupportOf(name: string): 'none' | 'optional' | 'required' {
  if (name === 'failing_job') return 'required'
  return name === 'slow_compute' || name === 'protocol_error_job' ? 'optional' : 'none'
}
