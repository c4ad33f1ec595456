import { enableCompileCache } from 'node:module'

enableCompileCache()
// Whoever reads our output may stop early, like `head`; there is nobody left to tell anything then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})
const { run } = await import('./program.ts')
process.exitCode = await run(process.argv.slice(2), process)
