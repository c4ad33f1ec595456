import { verifyLedger } from '@castellan/ledger'
console.log('before', process.memoryUsage.rss()/2**20)
let peak=0; const v = await verifyLedger({ dir: '/tmp/led200k/ledger', keyDir: '/tmp/led200k/keys', onProgress: (n)=>{ if (n%5120===0) peak=Math.max(peak, process.memoryUsage.rss()/2**20) } })
console.log(v.ok, v.durationMs, 'peak', peak)
