import { CastellanError, createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: process.env.CASTELLAN_TOKEN ?? '' })

try {
  await castellan.callTool('file_read', { path: '/etc/shadow' })
} catch (error) {
  if (!(error instanceof CastellanError)) throw error
  if (error.code === 'policy_denied') console.error('The policy says no:', error.message)
  else if (error.code === 'unreachable') console.error('Is Castellan running?')
  else console.error(`${error.code}: ${error.message} (request ${error.requestId})`)
}
