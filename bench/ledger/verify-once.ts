/** Verifies the log of the two folders given, in a process of its own as agentctl is one, and prints what that took. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { verifyLedger } = await import('@castellan/ledger')
const [dir, keyDir] = process.argv.slice(2) as [string, string]
const { ok, durationMs, findings } = await verifyLedger({ dir, keyDir })
const peakMiB = process.resourceUsage().maxRSS / 1024
process.stdout.write(JSON.stringify({ ok, durationMs, peakMiB, finding: findings[0]?.message }))
