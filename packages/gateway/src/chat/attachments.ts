import { createHash } from 'node:crypto'
import { type Attachment, CastellanError, newId } from '@castellan/contracts'
import { fence, screen } from '@castellan/screening'
import { inSession } from './session.ts'
import type { Turn } from './turn.ts'

/**
 * Takes the files that came with a message, and answers what the model is told: the words, then each file within a fence, as data that
 * others may have written. First agentd puts on record that the session took them in, so that policy and every later question to a person
 * know of it; throws as agentd refuses that, and then no model has seen a word of them.
 */
export async function takeAttachments(text: string, attachments: readonly Attachment[], turn: Turn): Promise<string> {
  if (attachments.length === 0) return text
  const { agentd, agent, chat, engine, signal } = turn
  const files = attachments.map(({ name, text }) => {
    return { name, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') }
  })
  await inSession(turn, ({ session, ...key }) =>
    agentd.reportAttachments(session, { agent: agent.name, files: files as never, ...key }, signal),
  )
  for (const attachment of attachments) {
    const { name } = attachment
    const { verdict, reasons } = screen(wholeOf(attachment))
    if (verdict === 'clean') continue
    const what = verdict === 'injection' ? 'instructions to a model' : 'what may be instructions to a model'
    chat.emit({
      type: 'notice',
      text: `${name} contains ${what} (${reasons.join(', ')}); the model was told not to follow them.`,
    })
  }
  if ((await engine.size(signal))?.kind !== 'interpreter') return withAttachments(text, attachments)
  chat.emit({
    type: 'notice',
    text: 'The built-in model reads one request and no files. Talk to an agent with a chat model about them.',
  })
  return text
}

/** What a model is told that reads files. */
export function withAttachments(text: string, attachments: readonly Attachment[] = []): string {
  const files = attachments.map((attachment) => {
    const whole = wholeOf(attachment)
    return `An attached file, by its name:\n${fence(whole, { source: 'attachment', nonce: newId('call'), screening: screen(whole) })}`
  })
  return [text, ...files].join('\n\n')
}

/** With its name: whoever wrote a file may have named it too, and a sentence fits into a name. */
function wholeOf({ name, text }: Attachment): string {
  return `${name}\n\n${text}`
}

/** Throws `invalid_request` for a command with files, which nobody would read. */
export function refuseFiles(attachments: readonly Attachment[] = []): void {
  if (attachments.length === 0) return
  throw new CastellanError('invalid_request', 'A command takes no files; send them with a message in your own words.')
}
