// Boots a throwaway host and runs a program in it: whether this machine can. A root that does not boot is taken for not built.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ThrowawayHost, throwawayRoot } from './host.ts'

try {
  await using host = await ThrowawayHost.start()
  await host.run(['systemd-run', '--quiet', '--wait', 'true'])
} catch (error) {
  await rm(join(throwawayRoot, '.complete'), { force: true })
  throw error
}
