import { z } from 'zod'
import { defineTool } from '../define.ts'
import { appLimits, appResources, keptApp, nameField } from './fields.ts'

export const appRemove = defineTool({
  name: 'app_remove',
  title: 'Remove an app',
  description: 'Stops an app for good and removes the copies of its files; with state, also everything it stored.',
  input: z.strictObject({
    name: nameField,
    state: z.boolean().default(false).describe('Also delete what it stored in its state folder.'),
  }),
  output: z.strictObject({ name: z.string(), stateRemoved: z.boolean() }),
  effect: 'destroy',
  undo: 'none',
  limits: appLimits,
  summary: ({ name, stateRemoved }) =>
    `The app ${name} is removed${stateRemoved ? ', with all that it stored' : `; what it stored stays in /var/lib/private/castellan-app-${name}`}.`,
  resources: appResources,
  preview: async ({ name, state }, { host }) => ({
    effects: [
      keptApp(host, name) === undefined
        ? `There is no app ${name}.`
        : `The app ${name} is stopped and its files are removed.`,
      ...(state ? ['Everything it stored is deleted.'] : []),
    ],
    undo: state ? 'Nothing brings back what it stored.' : 'It can be deployed again and then finds what it stored.',
  }),
  run: async ({ name, state }, { host, signal }) => {
    await host.apps.remove(name, state, signal)
    return { name, stateRemoved: state }
  },
})
