import { CastellanError, type RevertContext } from '@castellan/contracts'
import { z } from 'zod'
import { App, KeptApp } from '../../apps/app.ts'
import type { Host } from '../../host/host.ts'
import { defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'
import { appLimits, appResources, keptApp, nameField, presentApp, shownApp, tellApp } from './fields.ts'

const MiB = 1024 * 1024

/** Names under which people keep secrets: an environment is readable by everybody on the host. */
const secretName = /PASSW|SECRET|TOKEN|API_?KEY|CREDENTIAL|PRIVATE_?KEY/

/** Where a program with the whole network may send what it was given: no rule about a single host would hold it. */
const ANY_HOST = { kind: 'host', id: '*', access: 'write' } as const

/** What was there before. */
const DeployInverse = z.strictObject({
  name: z.string(),
  before: KeptApp.nullable(),
})

export const appDeploy = defineTool({
  name: 'app_deploy',
  title: 'Deploy an app',
  description:
    'Runs a program as a service of its own: a user made for it, no privileges, limits on CPU, memory and tasks, started ' +
    'again after a boot. Replaces an app of the same name.',
  input: z.strictObject({
    name: nameField,
    argv: z
      .array(z.string().min(1).max(4096))
      .min(1)
      .max(64)
      .describe(
        'Program by its absolute path (files of the app are in /app) and its arguments, e.g. ["/usr/bin/python3","/app/main.py"].',
      ),
    source: pathField('Folder with the files of the app; a copy of it is seen as /app, reading only.').optional(),
    description: z.string().max(200).default('').describe('What it is, in a sentence.'),
    environment: z
      .record(z.string(), z.string().max(4096))
      .default({})
      .describe('Environment variables. Everybody on the host can read them: no secrets.'),
    network: z
      .enum(['none', 'local', 'full'])
      .default('local')
      .describe('none, only this machine (local), or everything (full). Default local.'),
    memoryBytes: z
      .int()
      .min(16 * MiB)
      .default(512 * MiB)
      .describe('Memory it may use, in bytes. Default 512 MiB.'),
    cpuPercent: z.int().min(1).max(100_000).default(100).describe('CPU time it may use; 100 is one CPU. Default 100.'),
    tasks: z.int().min(1).max(100_000).default(256).describe('Processes and threads it may have. Default 256.'),
  }),
  output: z.strictObject({ app: shownApp, replaced: z.boolean() }),
  effect: 'change',
  undo: 'inverse',
  limits: { ...appLimits, timeoutMs: 300_000 },
  summary: ({ app, replaced }) => `${replaced ? 'Replaced' : 'Deployed'}: ${tellApp(app)}`,
  resources: async ({ name, source, network }, host) => [
    ...appResources({ name }),
    ...(network === 'full' ? [ANY_HOST] : []),
    ...(source === undefined
      ? []
      : [{ kind: 'path' as const, id: await host.files.locate(source), access: 'read' as const, tree: true }]),
  ],
  preview: async (input, { host }) => {
    const before = keptApp(host, input.name)
    const reach = {
      none: 'without network',
      local: 'with this machine only to talk to',
      full: 'with the whole network',
    }
    return {
      effects: [
        `Runs ${JSON.stringify(input.argv)} as ${input.name}, ${reach[input.network]}, now and after each boot.`,
        `It may use ${size(input.memoryBytes)} of memory, ${input.cpuPercent} % of CPU and ${input.tasks} tasks.`,
        ...(input.source === undefined ? [] : [`It sees a copy of ${await host.files.locate(input.source)} as /app.`]),
        ...(before === undefined
          ? []
          : [`It replaces the app of ${before.deployedAt}: ${JSON.stringify(before.argv)}.`]),
      ],
      undo:
        before === undefined
          ? 'Undo stops and removes it; what it stored stays until app_remove.'
          : 'Undo puts the app before back; what both stored is one and the same.',
    }
  },
  run: async ({ source, ...input }, { host, call, keepInverse, signal }) => {
    refuseSecrets(input.environment)
    const app = App.parse(input)
    if (!app.argv[0]?.startsWith('/')) {
      throw new CastellanError(
        'invalid_arguments',
        'argv[0] has to be an absolute path, such as /usr/bin/python3 or /app/run.',
      )
    }
    const before = keptApp(host, app.name) ?? null
    await keepInverse({
      description: before === null ? `Undo removes the app ${app.name}.` : `Undo puts the app ${app.name} before back.`,
      data: { name: app.name, before },
    })
    const by = { kind: call.caller, name: call.agent }
    const state = await host.apps.deploy(app, source ?? null, by, signal)
    return { app: presentApp(state), replaced: before !== null }
  },
  revertPreview: async (data) => {
    const { name, before } = DeployInverse.parse(data)
    return {
      effects: [
        before === null
          ? `The app ${name} is stopped and removed.`
          : `The app ${name} of ${before.deployedAt} runs again.`,
      ],
      undo: before === null ? 'It can be deployed again.' : 'This can be undone again.',
    }
  },
  revert: revertDeploy,
})

async function revertDeploy(
  data: unknown,
  { host, keepInverse, signal }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { name, before } = DeployInverse.parse(data)
  const present = keptApp(host, name) ?? null
  if (present === null && before === null)
    throw new CastellanError('world_moved_on', `The app ${name} was removed since.`)
  await keepInverse({
    description: `Undo puts the app ${name} back as it was before the undo.`,
    data: { name, before: present },
  })
  await host.apps.restore(name, before, signal)
  return {
    summary: before === null ? `The app ${name} is removed.` : `The app ${name} of ${before.deployedAt} is back.`,
  }
}

function refuseSecrets(environment: Readonly<Record<string, string>>): void {
  const name = Object.keys(environment).find((candidate) => secretName.test(candidate.toUpperCase()))
  if (name === undefined) return
  throw new CastellanError(
    'invalid_arguments',
    `environment.${name} looks like a secret, and everybody on the host could read it there. Let the app read it from a file ` +
      'in its state folder.',
  )
}
