import { describe, expect, test } from 'vitest'
import { completions, hereCommand } from '../../src/chat/completion.ts'
import { recall, saidBefore } from '../../src/chat/recall.ts'
import { repeatsFailure } from '../../src/chat/repeats.ts'
import type { Item } from '../../src/chat/state.ts'
import { undoneActs } from '../../src/chat/undone.ts'

describe('completion', () => {
  const offered = (typed: string) => completions(typed).map(({ insert }) => insert)

  test('a slash offers every command', () => {
    expect(offered('/')).toEqual([
      ...['/help', '/new ', '/chats', '/rename ', '/agent', '/model', '/mode ', '/usage', '/attach'],
      ...['/tools', '/call ', '/approvals', '/undo ', '/status'],
    ])
  })

  test('more letters leave those that fit', () => {
    expect(offered('/U')).toEqual(['/usage', '/undo '])
    expect(offered('/x')).toEqual([])
  })

  test('a whole command, a path and ordinary words need none', () => {
    for (const typed of ['/help', '/call', '/call disk', '/etc/hosts', 'help', '']) expect(offered(typed)).toEqual([])
  })
})

describe('a command of the page', () => {
  test('is known by its word, with what follows it', () => {
    expect(hereCommand(' /new night-watch ')).toEqual({ name: 'new', argument: 'night-watch' })
    expect(hereCommand('/Rename All my\ndisks')).toEqual({ name: 'rename', argument: 'All my\ndisks' })
    for (const said of ['/newest', '/mode observe', 'new', '/chats/x']) expect(hereCommand(said)).toBeNull()
  })
})

describe('recall', () => {
  const asked = (id: number, text: string): Item => ({ kind: 'asked', id, text, attachments: [], delivery: 'sent' })
  const said = saidBefore([
    asked(1, 'a'),
    asked(2, 'b'),
    asked(3, 'b'),
    { kind: 'gap', id: 4, frames: 1, after: 0, before: 2 },
    asked(5, 'c'),
  ])

  test('goes back from the newest, once through repeats', () => {
    expect(said).toEqual(['c', 'b', 'a'])
    expect(recall(said, -1, 1)).toEqual({ position: 0, text: 'c' })
    expect(recall(said, 1, 1)).toEqual({ position: 2, text: 'a' })
    expect(recall(said, 2, 1)).toBeNull()
  })

  test('comes forward again to an empty input', () => {
    expect(recall(said, 1, -1)).toEqual({ position: 0, text: 'c' })
    expect(recall(said, 0, -1)).toEqual({ position: -1, text: '' })
    expect(recall(said, -1, -1)).toBeNull()
  })
})

test('an act counts as taken back once an undo of it went well', () => {
  const undo = (id: number, index: number, ok: boolean): Item => ({
    ...{ kind: 'tool', id, callId: String(id), name: 'undo_apply', args: { index }, approval: null },
    ...{ since: null, progress: null },
    outcome: { ok, result: null, summary: '', ledgerIndex: id, undo: null },
  })
  expect([...undoneActs([undo(1, 12, true), undo(2, 14, false)])]).toEqual([12])
})

describe('an answer after a failed call', () => {
  const outcome = { ok: false, result: null, summary: 'There is no such file.', ledgerIndex: 3, undo: null }
  const failed: Item = {
    ...{ kind: 'tool', id: 1, callId: 'c', name: 'file_read', args: {}, approval: null, outcome },
    ...{ since: null, progress: null },
  }
  const answer = (text: string): Item => ({ kind: 'answer', id: 2, text, streaming: true })

  test('is left out as far as it repeats the failure', () => {
    expect(repeatsFailure(failed, answer('There is no'))).toBe(true)
    expect(repeatsFailure(failed, answer('There is no such file.'))).toBe(true)
  })

  test('is shown once it says more, and after a call that went well', () => {
    expect(repeatsFailure(failed, answer('There is no such file. Look in /srv.'))).toBe(false)
    expect(repeatsFailure({ ...failed, outcome: { ...outcome, ok: true } }, answer('There is no such file.'))).toBe(
      false,
    )
    expect(repeatsFailure(undefined, answer(''))).toBe(false)
  })
})
