import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { sameValue } from '../../host/kernel-parameters.ts'
import { changeLimits, defineTool } from '../define.ts'
import { oneLine } from '../words.ts'
import { parameterField, parameterResources, refuseGuarded } from './kernel_parameters.ts'

/** What taking back a setting needs. */
const Setting = z.strictObject({ name: z.string(), before: z.string(), after: z.string() })

export const kernelParameterSet = defineTool({
  name: 'kernel_parameter_set',
  title: 'Set a kernel parameter',
  description:
    'Sets a kernel parameter (sysctl) on the running system, until the next boot. Parameters that guard the machine are refused; ' +
    'what is to last belongs in the configuration.',
  input: z.strictObject({
    name: parameterField('The parameter, e.g. "vm.swappiness".'),
    value: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^[\x20-\x7e]+$/, 'must be plain characters on one line')
      .describe('The value, as sysctl takes it: "10", or several numbers with spaces between them.'),
  }),
  output: z.strictObject({
    name: z.string(),
    value: z.string(),
    before: z.string(),
    changed: z.boolean().describe('False where it had this value already.'),
  }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ name, value, before, changed }) =>
    changed
      ? `${name} is ${oneLine(value, 100)} now; it was ${oneLine(before, 100)}. Until the next boot.`
      : `${name} was ${oneLine(value, 100)} already.`,
  resources: ({ name }) => {
    // Refused before policy decides and a person is asked: neither could change it.
    refuseGuarded(name)
    return parameterResources(name, 'write')
  },
  preview: async ({ name, value }, { host, signal }) => {
    refuseGuarded(name)
    const now = await host.kernel.value(name, signal)
    return {
      effects: [`${now.name} becomes ${value}; it is ${now.value} now.`, 'It lasts until the next boot.'],
      diff: `--- ${now.name}\n+++ ${now.name}\n@@ -1 +1 @@\n-${now.value}\n+${value}\n`.slice(0, 65_000),
      undo: `Undo sets it to ${oneLine(now.value, 200)} again.`,
    }
  },
  run: async ({ name, value }, { host, signal, keepInverse }) => {
    refuseGuarded(name)
    const before = await host.kernel.value(name, signal)
    if (sameValue(before.value, value)) return { ...before, before: before.value, changed: false }
    const description = `Sets ${before.name} to ${oneLine(before.value, 200)} again.`
    await keepInverse({ description, data: { name: before.name, before: before.value, after: value } })
    return { ...(await host.kernel.set(name, value, signal)), before: before.value, changed: true }
  },
  revertPreview: async (data, { host, signal, interrupted }) => {
    const { name, before, after } = Setting.parse(data)
    const now = await host.kernel.value(name, signal)
    const asLeft = sameValue(now.value, after) || (interrupted && sameValue(now.value, before))
    return {
      effects: [`${name} becomes ${before} again; it is ${now.value} now.`],
      undo: `Undoing the undo would set it to ${oneLine(now.value, 200)}.`,
      ...(asLeft ? {} : { movedOn: `This act set ${name} to ${after}, but it is ${now.value} now.` }),
    }
  },
  revert: async (data, { host, signal, force, interrupted, keepInverse }) => {
    const { name, before, after } = Setting.parse(data)
    const now = await host.kernel.value(name, signal)
    if (interrupted && sameValue(now.value, before)) return { summary: `${name} was still ${oneLine(before, 200)}.` }
    if (!sameValue(now.value, after) && !force) {
      throw new CastellanError(
        'world_moved_on',
        `This act set ${name} to ${after}, but it is ${now.value} now. The operator can insist: \`agentctl undo NUMBER --force\`.`,
      )
    }
    await keepInverse({
      description: `Sets ${name} to ${oneLine(now.value, 200)} as before the undo.`,
      data: { name, before: now.value, after: before },
    })
    const { value } = await host.kernel.set(name, before, signal)
    return { summary: `${name} is ${oneLine(value, 200)} again.` }
  },
})
