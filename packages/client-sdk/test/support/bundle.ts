import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The SDK as a page gets it: one minified module. */
export async function bundle(): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('../../src/index.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
        output: { format: 'es', minify: true },
      },
    },
  })
  if (!('output' in result) || result.output.length > 1) throw new Error('the SDK is more than one file')
  return result.output[0]
}
