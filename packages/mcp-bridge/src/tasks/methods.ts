import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  MissingRequiredClientCapabilityError,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Client } from '../provider.ts'
import { TASKS_EXTENSION, type Tasks } from './tasks.ts'

const Named = z.looseObject({ taskId: z.string() })
const Update = z.looseObject({ taskId: z.string(), inputResponses: z.record(z.string(), z.unknown()).optional() })

/** Whether a request says that its client can deal with tasks. */
export function knowsTasks({ mcpReq }: ServerContext): boolean {
  const envelope: Record<string, unknown> = { ...mcpReq.envelope }
  const capabilities = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined
  return capabilities?.extensions?.[TASKS_EXTENSION] !== undefined
}

/** Throws the error that tells a client what it has to be able to do. */
export function requireTasks(context: ServerContext): void {
  if (knowsTasks(context)) return
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } })
}

/** The methods of the tasks extension (2026-07-28). No task of ours asks its client for anything, so an update changes nothing. */
export function addTaskMethods(server: Server, tasks: Tasks, { owner }: Client): void {
  server.setRequestHandler('tasks/get', { params: Named }, ({ taskId }, context) => {
    requireTasks(context)
    return tasks.get(taskId, owner)
  })
  server.setRequestHandler('tasks/update', { params: Update }, ({ taskId }, context) => {
    requireTasks(context)
    tasks.get(taskId, owner)
    return {}
  })
  server.setRequestHandler('tasks/cancel', { params: Named }, ({ taskId }, context) => {
    requireTasks(context)
    tasks.cancel(taskId, owner)
    return {}
  })
}
