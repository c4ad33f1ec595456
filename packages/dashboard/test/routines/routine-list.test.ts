import type { LedgerEntry } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Api } from '../../src/api/api.ts'
import type { News } from '../../src/live/live.ts'
import { RoutineList } from '../../src/routines/routine-list.ts'

/** A gateway with two routines, of which one ran too long ago to be among the newest runs. */
function source() {
  const asked: string[] = []
  const run = (index: number, routine: string) => ({
    index,
    at: '2026-11-21T09:00:00.000Z',
    routine,
    ok: true,
    skipped: null,
  })
  const answers: Record<string, (args: { readonly name?: string }) => unknown> = {
    routine_list: () => ({ routines: ['often', 'rare'].map((name) => ({ name, running: name === 'rare' })) }),
    routine_history: ({ name }) =>
      name === undefined
        ? { runs: [run(9, 'often'), run(8, 'often')], truncated: true }
        : { runs: [run(1, name)], truncated: false },
  }
  const fetcher = async (_: unknown, { body }: { body: string }) => {
    const { tool, args } = JSON.parse(body) as { tool: string; args: { readonly name?: string } }
    asked.push(args.name === undefined ? tool : `${tool} ${args.name}`)
    return Response.json({
      outcome: { status: 'done', ok: true, result: answers[tool]?.(args), summary: '' },
      error: null,
    })
  }
  let hear: (news: News) => void = () => {}
  const live = {
    listen: (listener: (news: News) => void) => {
      hear = listener
      return () => {
        hear = () => {}
      }
    },
  }
  const list = new RoutineList(new Api(fetcher as never, () => {}), live as never)
  const tell = (entry: Partial<LedgerEntry>, gap = false) =>
    hear({
      records: [
        {
          entry: { time: 0, actor: { kind: 'routine', name: 'often' }, ...entry } as LedgerEntry,
          payload_state: 'none',
        },
      ],
      gap,
    })
  const indexes = (name: string) => list.runs.value.get(name)?.map(({ index }) => index)
  const isRunning = (name: string) => {
    const state = list.routines.state.value
    const routine = state.kind === 'ready' ? state.value.find((one) => one.name === name) : undefined
    return routine === undefined ? null : list.isRunning(routine)
  }
  return { list, asked, tell, indexes, isRunning }
}

const opened = async () => {
  const parts = source()
  parts.list.open()
  await until('the list is read', () => parts.list.routines.state.value.kind === 'ready')
  return parts
}

test('routines and their runs are read once, and those that run rarely asked about by name', async () => {
  const { list, asked, indexes, isRunning } = await opened()
  expect(asked.sort()).toEqual(['routine_history', 'routine_history rare', 'routine_list'])
  expect([indexes('often'), indexes('rare')]).toEqual([[9, 8], [1]])
  expect([isRunning('often'), isRunning('rare')]).toEqual([false, true])
  list.close()
})

test('what the ledger is told is known without asking, but for when each runs next', async () => {
  const { list, asked, tell, indexes, isRunning } = await opened()
  asked.length = 0
  tell({ type: 'intent' })
  expect(isRunning('often')).toBe(true)
  expect(asked).toEqual([])
  tell({ type: 'routine_run', index: 12 as LedgerEntry['index'], ok: true })
  expect([isRunning('often'), indexes('often')]).toEqual([false, [12, 9, 8]])
  await until('the list was read', () => asked.length > 0)
  expect(asked).toEqual(['routine_list'])
  list.close()
  tell({ type: 'routine_run', index: 13 as LedgerEntry['index'] })
  expect(indexes('often')).toEqual([12, 9, 8])
})

test('entries that were missed have everything read anew', async () => {
  const { list, asked, tell } = await opened()
  asked.length = 0
  tell({ type: 'outcome' }, true)
  await until('all of it was read', () => asked.length === 3)
  list.close()
})

test('reading it is no news that would have it read again', async () => {
  const { list, asked, tell } = await opened()
  asked.length = 0
  const actor = { kind: 'agent', name: 'main' } as const
  tell({ type: 'intent', tool: 'routine_list', actor } as never)
  tell({ type: 'outcome', tool: 'routine_list', actor } as never)
  expect(asked).toEqual([])
  tell({ type: 'outcome', tool: 'routine_remove', actor } as never)
  expect(asked).toEqual(['routine_list'])
  list.close()
})
