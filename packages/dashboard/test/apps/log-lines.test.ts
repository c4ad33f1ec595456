import { expect, test } from 'vitest'
import { Api } from '../../src/api/api.ts'
import { LogLines } from '../../src/apps/log-lines.ts'

interface Asked {
  readonly cursor?: string
}

/** A log of seven lines, three at a time, newest page first, as the tool tells it. */
function source() {
  const asked: Asked[] = []
  const state = { refused: false }
  const fetcher = async (_: unknown, { body }: { body: string }) => {
    const { args } = JSON.parse(body) as { args: Asked }
    asked.push(args.cursor === undefined ? {} : { cursor: args.cursor })
    if (state.refused) return Response.json({ code: 'not_found', message: 'There is no app.' }, { status: 404 })
    const end = Number(args.cursor ?? 7)
    const numbers = [end - 2, end - 1, end].filter((number) => number > 0)
    const entries = numbers.map((number) => ({
      ...{ at: new Date(number * 1000).toISOString(), process: null, priority: 'info', message: `line ${number}` },
    }))
    const result = { entries, truncated: end > 3, cursor: end > 3 ? String(end - 3) : null }
    return Response.json({ outcome: { status: 'done', ok: true, result, summary: '' }, error: null })
  }
  const log = new LogLines(new Api(fetcher as never, () => {}), 'wiki')
  return { log, asked, state, shown: () => log.state.value.lines.map(({ message }) => message) }
}

test('lines are newest first, and older ones follow once', async () => {
  const { log, asked, shown } = source()
  await log.reload()
  expect(shown()).toEqual(['line 7', 'line 6', 'line 5'])
  await Promise.all([log.older(), log.older()])
  await log.older()
  await log.older()
  expect(shown()).toEqual(['line 7', 'line 6', 'line 5', 'line 4', 'line 3', 'line 2', 'line 1'])
  expect(asked).toEqual([{}, { cursor: '4' }, { cursor: '1' }])
  expect(log.state.value.lines.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(log.state.value.more).toBe(false)
})

test('read anew it begins with the newest again', async () => {
  const { log, shown } = source()
  await log.reload()
  await log.older()
  await log.reload()
  expect(shown()).toEqual(['line 7', 'line 6', 'line 5'])
  expect(log.state.value.more).toBe(true)
})

test('a refusal leaves what was read, and is not asked for again by scrolling', async () => {
  const { log, asked, state, shown } = source()
  await log.reload()
  state.refused = true
  await log.older()
  await log.older()
  expect(shown()).toEqual(['line 7', 'line 6', 'line 5'])
  expect(log.state.value).toMatchObject({ busy: false, error: { code: 'not_found', message: 'There is no app.' } })
  expect(asked).toHaveLength(2)
  state.refused = false
  await log.reload()
  expect(log.state.value.error).toBeNull()
})

test('an answer that comes after it was closed counts for nothing', async () => {
  const { log, shown } = source()
  const reading = log.reload()
  log.close()
  await reading
  expect(shown()).toEqual([])
})
