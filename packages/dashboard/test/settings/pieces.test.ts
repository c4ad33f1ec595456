import { expect, test } from 'vitest'
import { Api } from '../../src/api/api.ts'
import { passphraseProblem } from '../../src/settings/passphrase.ts'
import { pathsIn } from '../../src/settings/paths.ts'
import { chatPieces, insightPieces, ledgerPieces, markdownPieces } from '../../src/settings/pieces.ts'
import { passphrases as words } from '../../src/strings/passphrases.ts'

/** A gateway that answers each address with what is given for it. */
function answering(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  const fetcher = async (address: unknown) => {
    asked.push(String(address))
    const answer = answers[String(address)]
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }
  return { api: new Api(fetcher as typeof fetch, () => undefined), asked }
}

async function all(pieces: AsyncIterable<string>): Promise<string[]> {
  const told: string[] = []
  for await (const piece of pieces) told.push(piece)
  return told
}

const { signal } = new AbortController()

test('a listing is read to its end, a line for each', async () => {
  const { api, asked } = answering({
    '/api/v1/ledger/entries?limit=200': { items: [{ entry: 2 }, { entry: 1 }], next_cursor: 'abc' },
    '/api/v1/ledger/entries?limit=200&cursor=abc': { items: [{ entry: 0 }], next_cursor: null },
  })
  expect(await all(ledgerPieces(api, signal))).toEqual(['{"entry":2}\n', '{"entry":1}\n', '{"entry":0}\n'])
  expect(asked).toHaveLength(2)
})

test('every chat and every exchange is asked for by its name', async () => {
  const { api } = answering({
    '/api/v1/chats?limit=200': { items: [{ chat_id: 'main' }, { chat_id: 'a b' }], next_cursor: null },
    '/api/v1/chats/main/export/markdown': '# main\n\nhello\n\n\n',
    '/api/v1/chats/a%20b/export/markdown': '# a b\n',
    '/api/v1/chats/main/export/json': '{"a":1}\n{"a":2}\n',
    '/api/v1/chats/a%20b/export/json': '{"a":3}\n',
    '/api/v1/insights?limit=200': { items: [{ insight_id: 7 }], next_cursor: null },
    '/api/v1/insights/7': { insight_id: 7, request: '<script>' },
  })
  expect(await all(markdownPieces(api, signal))).toEqual(['# main\n\nhello\n\n', '# a b\n\n'])
  expect(await all(chatPieces(api, signal))).toEqual(['{"a":1}\n{"a":2}\n', '{"a":3}\n'])
  expect(await all(insightPieces(api, signal))).toEqual(['{"insight_id":7,"request":"<script>"}\n'])
})

test('a passphrase is long enough as its reader counts, and typed twice', () => {
  expect(passphraseProblem('short', 'short')).toBe(words.tooShort(12))
  expect(passphraseProblem('long enough for it', 'long enough for that')).toBe(words.differ)
  expect(passphraseProblem('🏰'.repeat(11), '🏰'.repeat(11))).toBe(words.tooShort(12))
  expect(passphraseProblem('🏰'.repeat(12), '🏰'.repeat(12))).toBeNull()
})

test('paths stand one a line', () => {
  expect(pathsIn(' /srv/app \n\n/etc/my file\n/srv/app\n')).toEqual(['/srv/app', '/etc/my file'])
})
