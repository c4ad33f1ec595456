import { CastellanError, createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: process.env.CASTELLAN_TOKEN ?? '' })

try {
  // A tool that ran and failed is an outcome; what is thrown did not run.
  const { ok, summary, error } = await castellan.callTool('file_read', { path: '/etc/shadow' })
  if (ok) console.log(summary)
  else if (error?.code === 'path_outside_roots') console.error('No folder with this file is granted:', summary)
  else console.error('It ran and failed:', summary)
} catch (error) {
  if (!(error instanceof CastellanError)) throw error
  if (error.code === 'policy_denied') console.error('The policy says no:', error.message)
  else if (error.code === 'unreachable') console.error('Is Castellan running?')
  else console.error(`${error.code}: ${error.message} (request ${error.requestId})`)
}
