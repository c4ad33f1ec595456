import { createClient } from '@castellan/client-sdk'

const castellan = createClient({ url: 'http://127.0.0.1:18789', token: process.env.CASTELLAN_TOKEN ?? '' })

// Waits for however long a person takes; aborting withdraws the question.
const outcome = await castellan.callTool(
  'service_restart',
  { unit: 'nginx.service' },
  { onWaiting: (approval) => console.log(`Waiting for ${approval}; say yes on the page or with agentctl approve.`) },
)
if (!outcome.ok) console.error(outcome.error?.message)

// Meanwhile, elsewhere: what waits for a word, and a no. With the owner's token no signature is needed.
for await (const approval of castellan.each('listApprovals', { query: { state: 'pending' } })) {
  console.log(approval.tool, approval.args, approval.reason)
  await castellan.decideApproval({ params: { approval_id: approval.approval_id }, body: { verdict: 'deny' } })
}
