import { Ledger } from '@castellan/ledger'
import { SegmentWriter } from './src/journal/writer.ts'
import { HighWaterMark } from './src/store/mark.ts'
import { Settler } from './src/store/settler.ts'
import { mkdtempSync, rmSync } from 'node:fs'
const d = mkdtempSync('/tmp/led-')
const at = { dir: d+'/ledger', keyDir: d+'/keys', origin: 'example.test/log' }
const W:number[]=[], M:number[]=[]
const ow=SegmentWriter.prototype.write; SegmentWriter.prototype.write=async function(f){const t=performance.now(); await ow.call(this,f); W.push(performance.now()-t)}
const om=HighWaterMark.prototype.raise; HighWaterMark.prototype.raise=function(f){const t=performance.now(); om.call(this,f); M.push(performance.now()-t)}
const l = await Ledger.open(at)
const A:number[]=[]
let t0=performance.now()
for(let i=0; performance.now()-t0<3000; i++){const t=performance.now(); await l.append({type:'refused',actor:{kind:'agent',name:'m'}} as any,{args:{i}}); A.push(performance.now()-t)}
const p=(a:number[])=>{const s=[...a].sort((x,y)=>x-y); return [s[s.length>>1],s[Math.floor(s.length*.9)],s[Math.floor(s.length*.99)]].map(x=>x!.toFixed(3)).join(' ')}
console.log('append',A.length,p(A),'write',p(W),'mark',p(M))
await l.close(); rmSync(d,{recursive:true})
