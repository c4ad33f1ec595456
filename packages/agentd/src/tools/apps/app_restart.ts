import { z } from 'zod'
import { defineTool } from '../define.ts'
import { appLimits, appResources, keptApp, nameField, presentApp, shownApp, tellApp } from './fields.ts'

export const appRestart = defineTool({
  name: 'app_restart',
  title: 'Restart an app',
  description: 'Stops a deployed app and starts it anew; starts it where it was stopped.',
  input: z.strictObject({ name: nameField }),
  output: z.strictObject({ app: shownApp }),
  effect: 'change',
  undo: 'none',
  limits: appLimits,
  summary: ({ app }) => `Restarted: ${tellApp(app)}`,
  resources: appResources,
  preview: async ({ name }, { host }) => ({
    effects: [keptApp(host, name) === undefined ? `There is no app ${name}.` : `The app ${name} ends and starts anew.`],
    undo: 'A restart cannot be taken back; what the app had only in memory is gone.',
  }),
  run: async ({ name }, { host, signal }) => ({ app: presentApp(await host.apps.restart(name, signal)) }),
})
