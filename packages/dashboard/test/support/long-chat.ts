import { newId, type ServerFrame, type Transcript } from '@castellan/contracts'

const AT = '2026-11-21T05:00:00.000Z'

/** A transcript of about so many tokens (four characters each), as the gateway answers with it: questions, Markdown, calls with tables. */
export function longChat(tokens: number, chat_id = 'main'): Transcript {
  const frames: ServerFrame[] = []
  let characters = 0
  for (let turn = 0; characters < 4 * tokens; turn += 1) {
    const call_id = newId('call')
    const rows = Array.from({ length: 12 }, (_, n) => ({
      mountPoint: `/srv/${turn}/${n}`,
      usedBytes: 1e9 * n,
      usedPercent: n,
    }))
    const words = paragraphs(turn)
    characters += words.length + JSON.stringify(rows).length
    frames.push(
      { type: 'asked', text: `question ${turn}: how full is it?` },
      { type: 'tool_use', call_id, name: 'disk_usage', args: { path: `/srv/${turn}` } },
      {
        ...{ type: 'tool_result', call_id, name: 'disk_usage', ok: true, result: { fileSystems: rows } },
        ...{ ledger_index: turn, summary: `/srv/${turn} is fine.` },
      },
      { type: 'text', text: words },
      { type: 'done' },
    )
  }
  const entries = frames.map((frame, position) => ({
    at: AT,
    frame: { ...frame, chat_id, seq: position + 1 } as ServerFrame,
  }))
  return { chat_id, running: false, last_seq: frames.length, forgotten: 0, more: false, entries }
}

function paragraphs(turn: number): string {
  const sentence = `Answer ${turn} goes on for a while, with **weight**, \`code\` and [a link](https://example.org/${turn}). `
  const list = Array.from({ length: 6 }, (_, n) => `- point ${n} of ${turn}`).join('\n')
  return `## Answer ${turn}\n\n${sentence.repeat(6)}\n\n${list}\n\n\`\`\`sh\ndf --human-readable /srv/${turn}\n\`\`\`\n\n${sentence.repeat(4)}`
}
