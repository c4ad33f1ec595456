import { createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: process.env.CASTELLAN_TOKEN ?? '' })

const body = { model: 'local', messages: [{ role: 'user' as const, content: 'Say hello.' }], stream: true }
for await (const chunk of castellan.events('createChatCompletion', { body })) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '')
}
