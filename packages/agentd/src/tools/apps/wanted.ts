import type { RevertContext, RevertPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'

/** Whether an app was wanted before it was started or stopped. */
const WantedInverse = z.strictObject({ name: z.string(), wanted: z.enum(['running', 'stopped']) })

export async function revertWanted(
  data: unknown,
  { host, keepInverse, signal }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { name, wanted } = WantedInverse.parse(data)
  const { app } = await host.apps.state(name, signal)
  await keepInverse({
    description: `Undo has the app ${name} ${app.wanted} again.`,
    data: { name, wanted: app.wanted },
  })
  if (wanted === 'running') await host.apps.start(name, signal)
  else await host.apps.stop(name, signal)
  return { summary: `The app ${name} is ${wanted} again.` }
}

export function previewWanted(data: unknown): RevertPreview {
  const { name, wanted } = WantedInverse.parse(data)
  return { effects: [`The app ${name} is ${wanted} again.`], undo: 'This can be undone again.' }
}
