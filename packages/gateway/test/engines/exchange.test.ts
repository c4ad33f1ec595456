import { expect, test } from 'vitest'
import { type Exchange, ExchangeNotes } from '../../src/engines/exchange.ts'

const SECRET = 'Zk9+q/Weird=Key"With\\Things-42'

const bytes = Buffer.from(SECRET)
const forms = {
  plain: SECRET,
  address: encodeURIComponent(SECRET),
  base64: bytes.toString('base64'),
  base64url: bytes.toString('base64url'),
  hex: bytes.toString('hex'),
  json: JSON.stringify(SECRET).slice(1, -1),
}

/** An exchange that has `text` wherever a provider or a person may have put it. */
function told(text: string): Exchange {
  let exchange: Exchange | undefined
  const about = { engine: 'openai', model: 'm', credential: 'c' } as const
  const notes = new ExchangeNotes({ ...about, url: `https://h.example/v1/${text}`, request: text }, [SECRET], (one) => {
    exchange = one
  })
  const sent = { line: `POST /v1/${text} HTTP/1.1`, headers: [['http-referer', text]] as [string, string][], cuts: [] }
  const head = { final_url: 'https://h.example/', remote: '', redirects: 0, index: 1, sent }
  notes.answered({ status: 200, headers: [['location', `https://x/?k=${text}`]], head: head as never })
  notes.received(`{"echo":"${text}"}`)
  notes.close(`It failed at ${text}`)
  return exchange as Exchange
}

test.each(Object.entries(forms))('nothing that is kept of an exchange holds its secret: %s', (_, text) => {
  const kept = JSON.stringify(told(text))
  expect(kept.match(/\[secret\]/g)).toHaveLength(7)
  for (const form of Object.values(forms)) expect(kept).not.toContain(form.replace(/=+$/, ''))
})
