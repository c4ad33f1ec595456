import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { didYouMean } from '@castellan/daemon'
import { type Benchmark, formatTable, type Row } from './report.ts'

const folder = join(import.meta.dirname, '..', '..', 'bench')
const results = join(folder, 'results')

/** Runs the benchmarks named on the command line, or all of them, one after the other. */
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}.${didYouMean(unknown, known)} Known are ${known.join(', ')}.`)
  process.exit(78)
}

mkdirSync(results, { recursive: true })
for (const name of asked.length > 0 ? asked : known) {
  const benchmark = (await import(join(folder, `${name}.ts`))) as Benchmark
  console.log(`\n${benchmark.title}`)
  const rows: Row[] = []
  await benchmark.run((row) => rows.push(row))
  console.log(formatTable(rows))
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model, memoryBytes: totalmem(), node: process.version }
  const result = { name, title: benchmark.title, at: new Date().toISOString(), machine, rows }
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
