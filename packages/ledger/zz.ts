import { Ledger, verifyLedger } from '@castellan/ledger'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { hash } from 'node:crypto'
const at = { dir: '/tmp/led200k/ledger', keyDir: '/tmp/led200k/keys', origin: 'bench.example/ledger' }
const N = 200000
if (!existsSync(at.dir)) { const l = await Ledger.open(at)
  while (l.size < N) { const b = await Promise.all(Array.from({length:500},(_, i)=>l.append({type:'intent',actor:{kind:'agent',name:'main'},session:'ses_0123456789abcdef',call_id:'call_'+String(i).padStart(16,'0'),tool:'disk_usage',effect:'read'} as any,{args:{path:'/srv/data/photos',depth:3,filter:['*.jpg','*.png']}})))
   await Promise.all(b.map(({index})=>l.append({type:'outcome',actor:{kind:'agent',name:'main'},tool:'disk_usage',intent:index,ok:true,duration_ms:4} as any,{result:'ok'}))) }
  await l.close() }
const cpu = () => { const u = process.cpuUsage(); return (u.user+u.system)/1000 }
const files = (readdirSync(at.dir,{recursive:true}) as string[]).map(f=>at.dir+'/'+f).filter(f=>statSync(f).isFile())
let c=cpu(), t=performance.now(), bytes=0
for (const f of files) { const b=readFileSync(f); bytes+=b.length; hash('sha256', b, 'buffer') }
console.log('bare cpu', cpu()-c, 'wall', performance.now()-t, 'MB', bytes/1e6)
for (let i=0;i<2;i++) { c=cpu(); t=performance.now(); const v=await verifyLedger(at); console.log('verify cpu', cpu()-c, 'wall', performance.now()-t, v.ok, v.entries, 'rss', process.memoryUsage.rss()/2**20) }
t=performance.now(); c=cpu(); const l=await Ledger.open(at); console.log('open', performance.now()-t,'cpu',cpu()-c); c=cpu(); t=performance.now(); for(let i=0;i<100;i++) await l.prove(i*1999); console.log('prove each', (performance.now()-t)/100, (cpu()-c)/100); await l.close()
