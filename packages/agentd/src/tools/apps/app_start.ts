import { z } from 'zod'
import { defineTool } from '../define.ts'
import { appLimits, appResources, keptApp, nameField, presentApp, shownApp, tellApp } from './fields.ts'
import { previewWanted, revertWanted } from './wanted.ts'

export const appStart = defineTool({
  name: 'app_start',
  title: 'Start an app',
  description: 'Starts a deployed app, and from now on after each boot.',
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
        : `The app ${name} is started and stays so over boots.`,
    ],
    undo: 'Undo puts it back to stopped, if that is what it was.',
  }),
  run: async ({ name }, { host, keepInverse, signal }) => {
    const { app } = await host.apps.state(name, signal)
    await keepInverse({
      description: `Undo has the app ${name} ${app.wanted} again.`,
      data: { name, wanted: app.wanted },
    })
    return { app: presentApp(await host.apps.start(name, signal)) }
  },
  revertPreview: async (data) => previewWanted(data),
  revert: revertWanted,
})
