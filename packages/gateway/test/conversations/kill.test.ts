import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChatId } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { ConversationBook } from '../../src/conversations/book.ts'

const PROGRAM = fileURLToPath(new URL('../support/chatting.ts', import.meta.url))
const main = ChatId.parse('main')

/** `CASTELLAN_KILLS=200` looks longer. */
const KILLS = Number(process.env.CASTELLAN_KILLS ?? 4)

test('a gateway that is killed while chats speak loses nothing that it answered, and leaves nothing half', {
  timeout: 120_000 + KILLS * 5_000,
}, async () => {
  const folder = temporaryFolder()
  const key = randomBytes(32)
  let heard = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, ['--conditions=source', PROGRAM, folder, key.toString('hex')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    heard = Math.max(heard, await killAfter(child, 1 + ((kill * 7) % 23)))
    await check(folder, key, heard)
  }
})

/** Kills it at some moment after so many turns, and answers the number of the last `done` that was heard. */
async function killAfter(child: ChildProcess, turns: number): Promise<number> {
  let said = ''
  let killing = false
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
    if (killing || said.split('\n').length <= turns) return
    killing = true
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 15)
  })
  await once(child, 'close')
  return Math.max(0, ...said.split('\n').slice(0, -1).map(Number))
}

async function check(folder: string, key: Buffer, heard: number): Promise<void> {
  const book = new ConversationBook(join(folder, 'conversations.db'), key)
  try {
    expect(book.chat(main)?.last_seq).toBeGreaterThanOrEqual(heard)
    let turn: string[] = []
    for (let after = 0, more = true; more; ) {
      const page = book.read(main, { after, limit: 500, keep: 'oldest' })
      for (const { frame } of page.entries) {
        turn.push(frame.type)
        if (frame.type === 'done') {
          expect(['asked|done', 'asked|text|done', 'asked|error|done', 'asked|text|error|done']).toContain(
            turn.join('|'),
          )
          turn = []
        }
        after = 'seq' in frame ? (frame.seq ?? after) : after
      }
      more = page.more
    }
    expect(book.read(main, { after: heard - 1, limit: 1, keep: 'oldest' }).entries[0]?.frame).toMatchObject({
      ...{ type: 'done', seq: heard },
    })
  } finally {
    book.finish()
  }
}
