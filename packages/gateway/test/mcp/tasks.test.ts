import { until } from '@castellan/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Both } from '../support/mcp/both.ts'

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } }
const OVER = ['completed', 'failed', 'cancelled']

let both: Both

beforeAll(async () => {
  both = await Both.start()
})
afterAll(() => both?.stop())

async function begin(script: string): Promise<string> {
  const call = { name: 'shell_exec', arguments: { script } }
  const { result } = (await both.client.modern('tools/call', call, TASKS)).last
  expect(result).toMatchObject({ resultType: 'task', taskId: expect.any(String), status: 'working' })
  return result.taskId
}

async function get(taskId: string) {
  return (await both.client.modern('tasks/get', { taskId }, TASKS)).last.result
}

function questions() {
  return both.entries('&type=approval_requested').then((all) => all.map(({ entry }) => entry.approval_id as string))
}

test('long work is a task: it waits for the person by itself and ends with the call’s own result', async () => {
  const taskId = await begin('echo from a task')
  const [asked] = await until('a person is asked', async () => {
    const all = await questions()
    return all.length > 0 && all
  })
  expect(await get(taskId)).toMatchObject({ status: 'working' })
  await both.decide(asked as string, 'approve')
  const ended = await until('it ends', async () => {
    const task = await get(taskId)
    return OVER.includes(task.status) && task
  })
  expect(ended).toMatchObject({ status: 'completed', result: { _meta: { 'castellan/ledger': expect.any(Number) } } })
})

test('a task that is cancelled takes its question back, and stays cancelled', async () => {
  const before = (await questions()).length
  const taskId = await begin('echo never')
  await until('a person is asked', async () => (await questions()).length > before)
  const cancelled = await both.client.modern('tasks/cancel', { taskId }, TASKS)
  expect(cancelled.last.result).toMatchObject({ resultType: 'complete' })
  expect(await get(taskId)).toMatchObject({ status: 'cancelled' })
  await until('the question is taken back', async () => (await both.entries('&type=approval_withdrawn')).length > 0)
  expect(await get(taskId)).not.toHaveProperty('result')
})

test('without the extension the same call is no task, and tasks cannot be asked about', async () => {
  const call = { name: 'shell_exec', arguments: { script: 'echo plain' } }
  expect((await both.client.modern('tools/call', call)).last.result.resultType).toBe('input_required')
  expect((await both.client.modern('tasks/get', { taskId: 'task_x' })).last.error).toMatchObject({ code: -32021 })
  expect((await both.client.modern('tasks/get', { taskId: 'task_x' }, TASKS)).last.error).toMatchObject({
    code: -32602,
  })
})
