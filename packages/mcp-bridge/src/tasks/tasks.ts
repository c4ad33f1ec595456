import { randomBytes } from 'node:crypto'
import type { SessionId, ToolProgress } from '@castellan/contracts'
import {
  type CallToolResult,
  type InputRequiredResult,
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import type { Request } from '../provider.ts'
import type { Sealer } from '../seal.ts'

/** The extension's name in capabilities (SEP-2663). */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks'

/** How long a task can be asked about, and how often a client should, in milliseconds. */
const TTL_MS = 60 * 60_000
const POLL_MS = 1000
/** Tasks kept at once; the oldest that has ended makes room. */
const MAX_TASKS = 256
const MAX_RUNNING = 32

type Status = 'working' | 'completed' | 'failed' | 'cancelled'

interface Task {
  readonly id: string
  readonly owner: SessionId
  readonly createdAt: Date
  readonly stop: AbortController
  status: Status
  message: string | undefined
  updatedAt: Date
  result: CallToolResult | undefined
  error: { readonly code: number; readonly message: string } | undefined
}

/** The work of a task: a tool call that is made with the request's signal and progress replaced by the task's own. */
export type Work = (request: Request) => Promise<CallToolResult | InputRequiredResult>

/**
 * Calls that outlive the request they came with. A task belongs to its client; its call is like any other, also in that
 * cancelling it stops the tool. What waits for a person is a task that is working: it goes on once there is a yes.
 */
export class Tasks {
  readonly #tasks = new Map<string, Task>()
  readonly #sealer: Sealer

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  /** Begins a task and tells of it. Throws a protocol error where too many run. */
  start(request: Request, work: Work): CallToolResult {
    this.#makeRoom()
    const now = new Date()
    const task: Task = {
      id: `task_${randomBytes(16).toString('base64url')}`,
      owner: request.client.owner,
      createdAt: now,
      stop: new AbortController(),
      status: 'working',
      message: undefined,
      updatedAt: now,
      result: undefined,
      error: undefined,
    }
    this.#tasks.set(task.id, task)
    void this.#work(task, request, work)
    return { resultType: 'task', ...shown(task), content: [] }
  }

  /** Throws a protocol error for a task that this client does not have. */
  get(id: string, owner: SessionId): Record<string, unknown> {
    const task = this.#find(id, owner)
    return {
      ...shown(task),
      ...(task.result === undefined ? {} : { result: task.result }),
      ...(task.error === undefined ? {} : { error: task.error }),
    }
  }

  /** Stops a task that works; one that has ended stays as it is. */
  cancel(id: string, owner: SessionId): void {
    const task = this.#find(id, owner)
    if (task.status !== 'working') return
    settle(task, 'cancelled')
    task.stop.abort(new Error('the task was cancelled'))
  }

  /** Stops all of them. */
  close(): void {
    for (const { stop } of this.#tasks.values()) stop.abort(new Error('the bridge is closing'))
    this.#tasks.clear()
  }

  async #work(task: Task, request: Request, work: Work): Promise<void> {
    const { signal } = task.stop
    const onProgress = ({ message }: ToolProgress): void => {
      task.message = message
      task.updatedAt = new Date()
    }
    let next: Request = { ...request, signal, onProgress }
    try {
      for (;;) {
        const result = await work(next)
        if (!isInputRequiredResult(result)) {
          task.result = result
          return settle(task, 'completed')
        }
        // What waits for a person goes on by itself: the task holds the state that a client would bring back.
        const state = this.#sealer.open(result.requestState ?? '')
        if (state === undefined) throw new Error('a task cannot ask its client')
        onProgress({ message: 'Waiting for a person’s approval.' })
        next = { ...next, state }
      }
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : ProtocolErrorCode.InternalError
      task.error = { code, message: error instanceof ProtocolError ? error.message : 'The call failed unexpectedly.' }
      settle(task, 'failed')
    }
  }

  #find(id: string, owner: SessionId): Task {
    const task = this.#tasks.get(id)
    const isThere = task !== undefined && task.owner === owner && Date.now() < task.createdAt.getTime() + TTL_MS
    if (isThere) return task
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no task ${JSON.stringify(id.slice(0, 80))}.`)
  }

  #makeRoom(): void {
    const all = [...this.#tasks.values()]
    if (all.filter(({ status }) => status === 'working').length >= MAX_RUNNING) {
      const message = `${MAX_RUNNING} tasks are running, as many as run at once. Wait for one, or cancel one.`
      throw new ProtocolError(ProtocolErrorCode.InternalError, message)
    }
    for (const { id, status, createdAt } of all) {
      const isOld = Date.now() > createdAt.getTime() + TTL_MS
      if (status !== 'working' && (isOld || this.#tasks.size >= MAX_TASKS)) this.#tasks.delete(id)
    }
  }
}

/** A task that was cancelled stays cancelled, whatever its call comes to. */
function settle(task: Task, status: Status): void {
  if (task.status !== 'working') {
    task.result = undefined
    task.error = undefined
    return
  }
  task.status = status
  task.updatedAt = new Date()
}

function shown({ id, status, message, createdAt, updatedAt }: Task) {
  return {
    taskId: id,
    status,
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt: createdAt.toISOString(),
    lastUpdatedAt: updatedAt.toISOString(),
    ttlMs: TTL_MS,
    pollIntervalMs: POLL_MS,
  }
}
