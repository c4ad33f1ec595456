/** Verifies the log of the two folders given, in a process of its own as agentctl is one, and prints what that took. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { verifyLedger } = await import('@castellan/ledger')
const [dir, keyDir] = process.argv.slice(2) as [string, string]
const { ok, durationMs, findings } = await verifyLedger({ dir, keyDir })
// Of this program alone: what `resourceUsage` tells begins with the size of the process that started it.
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
process.stdout.write(JSON.stringify({ ok, durationMs, peakMiB: Number(peak) / 1024, finding: findings[0]?.message }))
