import type { RevertContext, RevertPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { AppState } from '../../host/apps.ts'
import type { Host } from '../../host/host.ts'
import { defineTool, type Tool } from '../define.ts'
import { appLimits, appResources, keptApp, nameField, presentApp, shownApp, tellApp } from './fields.ts'

/** A tool that has an app run from now on, or not: they differ in their words and in the one deed. */
interface WantedTool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** What it does to the app, e.g. `is stopped and stays so over boots`. */
  readonly effect: string
  readonly before: 'running' | 'stopped'
  readonly act: (host: Host, name: string, signal: AbortSignal) => Promise<AppState>
}

export function wantedTool({ name, title, description, effect, before, act }: WantedTool): Tool {
  return defineTool({
    name,
    title,
    description,
    input: z.strictObject({ name: nameField }),
    output: z.strictObject({ app: shownApp }),
    effect: 'change',
    undo: 'inverse',
    limits: appLimits,
    summary: ({ app }) => tellApp(app),
    resources: appResources,
    preview: async ({ name }, { host }) => ({
      effects: [keptApp(host, name) === undefined ? `There is no app ${name}.` : `The app ${name} ${effect}.`],
      undo: `Undo puts it back to ${before}, if that is what it was.`,
    }),
    run: async ({ name }, context) => {
      await keepWanted(name, context)
      return { app: presentApp(await act(context.host, name, context.signal)) }
    },
    revertPreview: async (data) => previewWanted(data),
    revert: revertWanted,
  })
}

/** Whether an app was wanted before it was started or stopped. */
const WantedInverse = z.strictObject({ name: z.string(), wanted: z.enum(['running', 'stopped']) })

async function revertWanted(data: unknown, context: RevertContext<Host>): Promise<{ summary: string }> {
  const { host, signal } = context
  const { name, wanted } = WantedInverse.parse(data)
  await keepWanted(name, context)
  if (wanted === 'running') await host.apps.start(name, signal)
  else await host.apps.stop(name, signal)
  return { summary: `The app ${name} is ${wanted} again.` }
}

function previewWanted(data: unknown): RevertPreview {
  const { name, wanted } = WantedInverse.parse(data)
  return { effects: [`The app ${name} is ${wanted} again.`], undo: 'This can be undone again.' }
}

async function keepWanted(
  name: string,
  { host, keepInverse, signal }: Pick<RevertContext<Host>, 'host' | 'keepInverse' | 'signal'>,
): Promise<void> {
  const { app } = await host.apps.state(name, signal)
  await keepInverse({
    description: `Undo has the app ${name} ${app.wanted} again.`,
    data: { name, wanted: app.wanted },
  })
}
