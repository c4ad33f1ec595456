import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { count, oneLine, sentence } from '../words.ts'
import { parameterField, parameterResources } from './kernel_parameters.ts'

/** Characters of one value; some parameters are tables. */
const MOST_CHARACTERS = 4000

export const kernelParameterGet = defineTool({
  name: 'kernel_parameter_get',
  title: 'Kernel parameter',
  description:
    'What a kernel parameter (sysctl) is set to now, e.g. vm.swappiness; with a prefix such as "net.ipv4" all below it. ' +
    'Keys of the kernel are not shown.',
  input: z.strictObject({
    name: parameterField('The parameter or a prefix, e.g. "vm.swappiness" or "vm".'),
    limit: limitField(1000, 100, 'parameters'),
    offset: offsetField('parameters'),
  }),
  output: z.strictObject({
    parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ parameters, total }, { name }) => {
    const [first] = parameters
    if (first !== undefined && total === 1) return `${first.name} is ${oneLine(first.value, 200) || 'empty'}.`
    return `${sentence(count(total, 'kernel parameter'))} below ${name}.`
  },
  resources: ({ name }) => parameterResources(name, 'read'),
  run: async ({ name, limit, offset }, { host, signal }) => {
    const all = await host.kernel.get(name, signal)
    const shown = all
      .slice(offset, offset + limit)
      .map((each) => ({ ...each, value: each.value.slice(0, MOST_CHARACTERS) }))
    const parameters = fitting(shown, readLimits.outputBytes)
    const cut = all.some(({ value }) => value.length > MOST_CHARACTERS)
    return { parameters, total: all.length, truncated: cut || offset + parameters.length < all.length }
  },
})
