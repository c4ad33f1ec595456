import { CastellanError } from '@castellan/contracts'
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { Calls } from '../calls/calls.ts'
import type { KeptResults } from '../calls/kept.ts'
import { refusalResult, toolResult } from '../calls/result.ts'
import type { Provider } from '../provider.ts'
import type { Catalogue } from './catalogue.ts'

/** A tool that may take this long, in milliseconds, is long work: clients give a request about a minute. */
const LONG_WORK_MS = 60_000

/** agentd's tools. A refusal is a result, so that a model can read why and do better. */
export function toolProvider(catalogue: Catalogue, calls: Calls, kept: KeptResults): Provider {
  return {
    tools: () => catalogue.tools(),
    async taskSupport(name) {
      // Whether agentd is there the call itself will tell.
      const tool = await catalogue.find(name).catch(() => undefined)
      return tool !== undefined && tool.limits.timeoutMs >= LONG_WORK_MS ? 'optional' : 'none'
    },
    onToolsChanged: (listener) => catalogue.onChanged(listener),
    async callTool(name, args, request) {
      try {
        return toolResult(await calls.make(name, args, request), request, kept)
      } catch (error) {
        if (!(error instanceof CastellanError)) throw error
        if (error.code === 'unknown_tool') throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message)
        return refusalResult(error)
      }
    },
  }
}
