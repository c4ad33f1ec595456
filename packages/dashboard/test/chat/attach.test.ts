import { Attachment, ClientFrame, MAX_ATTACHED_CHARACTERS, MAX_FRAME_BYTES } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { messageProblem, readAttachment, withFiles } from '../../src/chat/attach.ts'
import { titleFrom } from '../../src/chat/titles.ts'

const file = (content: string | Uint8Array<ArrayBuffer>, name = 'notes.txt') => new File([content], name)

describe('a file that is attached', () => {
  test('is read as text, and fits the contract whatever it is called', async () => {
    expect(await readAttachment(file('Grüße\n'))).toEqual({ name: 'notes.txt', text: 'Grüße\n' })
    for (const name of ['a/b\\c.txt', 'x\u202egnp.exe', '\u0000', `${'x'.repeat(300)}.log`]) {
      expect(Attachment.safeParse(await readAttachment(file('x', name))).success, name).toBe(true)
    }
  })

  test.each([
    ['nothing in it', '', /is empty/],
    ['bytes that are no UTF-8', new Uint8Array([0xff, 0xd8, 0xff]), /no text in UTF-8/],
    ['a NUL', 'a\0b', /no text in UTF-8/],
    ['more characters than a file may have', 'x'.repeat(MAX_ATTACHED_CHARACTERS + 1), /too long/],
    ['far more', new Uint8Array(1024 * 1024), /too long/],
  ])('with %s is refused, and the reader learns why', async (_, content, why) => {
    await expect(readAttachment(file(content))).rejects.toThrow(why)
  })

  test('takes the place of one of the same name; five are too many', async () => {
    const one = { name: 'a', text: '1' }
    expect(withFiles([one], [{ name: 'a', text: '2' }])).toEqual([{ name: 'a', text: '2' }])
    const four = ['a', 'b', 'c', 'd'].map((name) => ({ name, text: 'x' }))
    expect(() => withFiles(four, [{ name: 'e', text: 'x' }])).toThrow(/at most 4/)
  })

  test('with others is refused before the gateway would close the socket for it', () => {
    const long = { name: 'a', text: 'ä'.repeat(20_000) }
    expect(() => withFiles([long], [{ ...long, name: 'b' }])).toThrow(/together/)
    expect(messageProblem('ü'.repeat(15_000), [long])).toMatch(/together/)
    const fits = { type: 'chat' as const, text: 'x'.repeat(20_000), attachments: [long] }
    expect(messageProblem(fits.text, fits.attachments)).toBeNull()
    expect(Buffer.byteLength(JSON.stringify(fits))).toBeLessThan(MAX_FRAME_BYTES)
    expect(ClientFrame.safeParse(fits).success).toBe(true)
  })
})

test('a chat without a title is called after its first message, cut between words', () => {
  expect(titleFrom('how full are my disks?\nand why?')).toBe('how full are my disks?')
  expect(titleFrom('/call disk_usage')).toBeNull()
  expect(titleFrom(`${'word '.repeat(30)}`)).toBe(`${'word '.repeat(12).trimEnd()}…`)
})
