import { z } from 'zod'
import { defineTool } from '../define.ts'
import { appLimits, appResources, keptApp, nameField, presentApp, shownApp, tellApp } from './fields.ts'
import { previewWanted, revertWanted } from './wanted.ts'

export const appStop = defineTool({
  name: 'app_stop',
  title: 'Stop an app',
  description: 'Stops a deployed app. It stays stopped, after a boot too, until it is started; what it stored is kept.',
  input: z.strictObject({ name: nameField }),
  output: z.strictObject({ app: shownApp }),
  effect: 'change',
  undo: 'inverse',
  limits: appLimits,
  summary: ({ app }) => tellApp(app),
  resources: appResources,
  preview: async ({ name }, { host }) => ({
    effects: [
      keptApp(host, name) === undefined
        ? `There is no app ${name}.`
        : `The app ${name} is stopped and stays so over boots.`,
    ],
    undo: 'Undo puts it back to running, if that is what it was.',
  }),
  run: async ({ name }, { host, keepInverse, signal }) => {
    const { app } = await host.apps.state(name, signal)
    await keepInverse({
      description: `Undo has the app ${name} ${app.wanted} again.`,
      data: { name, wanted: app.wanted },
    })
    return { app: presentApp(await host.apps.stop(name, signal)) }
  },
  revertPreview: async (data) => previewWanted(data),
  revert: revertWanted,
})
