// Loaded into a gateway that is soaked, with --expose-gc: on SIGUSR2 it collects all that nothing refers to and says on standard output
// what is left, in bytes.
process.on('SIGUSR2', () => {
  globalThis.gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  process.stdout.write(`${JSON.stringify({ heapUsed, external, arrayBuffers })}\n`)
})
