import { createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: () => askForToken() })
const chat = castellan.chat('disks')
const patience = AbortSignal.timeout(120_000)

for await (const frame of chat.ask('How full are my disks?', { signal: patience })) {
  if (frame.type === 'text') process.stdout.write(frame.text)
  if (frame.type === 'tool_use') console.log(`\n[${frame.name}]`)
  if (frame.type === 'approval_required') console.log(`\nSay yes to ${frame.approval_id}: ${frame.reason}`)
  if (frame.type === 'gap') console.log(`\n(${frame.missed} frames are gone)`)
}

async function askForToken(): Promise<string> {
  return process.env.CASTELLAN_TOKEN ?? ''
}
