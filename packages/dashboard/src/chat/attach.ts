import type { Attachment } from '@castellan/contracts'
import { bytes } from '../cards/units.ts'
import { chatPage as words } from '../strings/chat.ts'

/** What the contracts let one message bring along; see their chat.ts. */
const MAX_FILES = 4
const MAX_CHARACTERS = 32_768
const MAX_FRAME_BYTES = 64 * 1024
const MAX_NAME = 120
/** UTF-8 takes at most four bytes a character: what is longer need not be read to be refused. */
const MAX_BYTES = 4 * MAX_CHARACTERS

const UNFIT_IN_NAMES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/gu

/** Reads a file as text. Throws an `Error` whose message tells the reader why it cannot be attached. */
export async function readAttachment(file: Pick<File, 'name' | 'size' | 'arrayBuffer'>): Promise<Attachment> {
  const name = file.name.replaceAll(UNFIT_IN_NAMES, '').slice(-MAX_NAME) || 'file.txt'
  const problems = words.attachProblem
  const tooLong = () => new Error(problems.tooLong(name, MAX_CHARACTERS.toLocaleString('en')))
  if (file.size === 0) throw new Error(problems.empty(name))
  if (file.size > MAX_BYTES) throw tooLong()
  const text = textOf(await file.arrayBuffer())
  if (text === null) throw new Error(problems.notText(name))
  if (text === '') throw new Error(problems.empty(name))
  if (text.length > MAX_CHARACTERS) throw tooLong()
  return { name, text }
}

/** Adds files to those that are there. Throws an `Error` with the reason where one message cannot take them all. */
export function withFiles(before: readonly Attachment[], more: readonly Attachment[]): readonly Attachment[] {
  const all = [...before.filter(({ name }) => !more.some((one) => one.name === name)), ...more]
  if (all.length > MAX_FILES) throw new Error(words.attachProblem.tooMany(MAX_FILES))
  if (frameBytes('', all) > MAX_FRAME_BYTES) throw new Error(tooMuch())
  return all
}

/** Why these words and files cannot go out as one message; null when they can. */
export function messageProblem(text: string, files: readonly Attachment[]): string | null {
  return frameBytes(text, files) > MAX_FRAME_BYTES ? tooMuch() : null
}

function tooMuch(): string {
  return words.attachProblem.tooMuch(bytes(MAX_FRAME_BYTES))
}

/** What the frame weighs, with room for what else stands in it. */
function frameBytes(text: string, attachments: readonly Attachment[]): number {
  return new TextEncoder().encode(JSON.stringify({ text, attachments })).length + 256
}

/** Null for what is no text: not UTF-8, or with a NUL in it. */
function textOf(content: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}
