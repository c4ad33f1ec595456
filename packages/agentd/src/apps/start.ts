import { newId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { CallParts } from '../calls/path.ts'
import { ownCalls } from '../routines/caller.ts'

/**
 * Starts the apps that should run and do not, as after a boot: transient units are gone by then. Each start is a call like
 * any other, agreed to when the app was deployed.
 */
export async function startApps(parts: CallParts, log: Log): Promise<void> {
  const signal = AbortSignal.timeout(300_000)
  const session = newId('ses')
  for (const { name, wanted } of parts.host.apps.kept()) {
    if (wanted !== 'running') continue
    try {
      const { activeState } = await parts.host.apps.state(name, signal)
      if (activeState === 'active' || activeState === 'activating') continue
      await ownCalls(parts)({ tool: 'app_start', args: { name } }, { name: 'apps', session, agreed: true, signal })
    } catch (error) {
      log.warn({ err: error, app: name }, 'an app could not be started')
    }
  }
}
