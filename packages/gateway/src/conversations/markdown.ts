import type { Attachment, ServerFrame } from '@castellan/contracts'
import type { ChatRow } from './book.ts'
import type { StoredEntry } from './rows.ts'

/** The head of a conversation as a page to read. */
export function markdownHead({ name, title, agent, created_at }: ChatRow): string {
  return `# ${oneLine(title ?? name)}\n\nChat \`${name}\` with the agent \`${agent}\`, begun ${minute(created_at)}.\n`
}

/** One entry of it; nothing for what only mattered while it happened. */
export function markdownOf({ at, frame }: StoredEntry): string {
  switch (frame.type) {
    case 'asked':
      return `\n---\n\n**You**, ${minute(at)}\n\n${frame.text}\n${attached(frame.attachments)}`
    case 'text':
      return `\n**Agent**, ${minute(at)}\n\n${frame.text}\n`
    case 'tool_use':
      return `\n→ \`${frame.name}\`\n\n${fenced(JSON.stringify(frame.args, null, 2), 'json')}\n`
    case 'tool_result':
      return `\n${frame.ok ? '✓' : '✗'} \`${frame.name}\`${number(frame)}: ${oneLine(frame.summary)}\n\n${fenced(JSON.stringify(frame.result, null, 2), 'json')}\n`
    case 'approval_required':
      return `\nWaits for approval: ${oneLine(frame.reason)}\n`
    case 'approval_decided':
      return `\nApproval ${frame.state}${frame.by === undefined ? '' : ` by ${oneLine(frame.by)}`}.\n`
    case 'recalled':
      return frame.facts.length === 0
        ? ''
        : `\nRecalled from memory:\n\n${frame.facts.map(({ text, source }) => `- ${oneLine(text)} (${oneLine(source)})`).join('\n')}\n`
    case 'compacted':
      return `\n${frame.exchanges} earlier exchanges are summarised for the model from here on:\n\n${quoted(frame.summary)}\n`
    case 'model':
      return `\nAnswered by ${oneLine(frame.model ?? frame.engine)} at ${frame.host}.\n`
    case 'mode':
      return `\n${frame.mode === null ? 'From here on only the mode of its session holds.' : `Held to the mode \`${frame.mode}\` from here on.`}\n`
    case 'notice':
      return `\n${quoted(frame.text)}\n`
    case 'error':
      return `\nError \`${frame.code}\`: ${oneLine(frame.message)}\n`
    default:
      return ''
  }
}

function attached(attachments: readonly Attachment[] = []): string {
  return attachments.map(({ name, text }) => `\nAttached \`${oneLine(name)}\`:\n\n${fenced(text, '')}\n`).join('')
}

function number({ ledger_index }: Extract<ServerFrame, { type: 'tool_result' }>): string {
  return ledger_index === null ? '' : ` (ledger number ${ledger_index})`
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function quoted(text: string): string {
  return text.replaceAll(/^/gm, '> ')
}

/** A fence is longer than any that stands in the text, so that the text cannot end it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
