import { z } from 'zod'
import { defineTool } from '../define.ts'
import { textField } from '../fields.ts'
import {
  answerOf,
  argvField,
  commandLimits,
  commandOutput,
  commandSummary,
  printedTaints,
  scriptField,
  shown,
  stdinField,
  timeoutField,
} from './fields.ts'
import { commandPreview } from './preview.ts'
import { shellArgv } from './shell_exec.ts'

const MOST_FILES = 16

const files = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/, 'must be a plain file name: letters, digits and . _ -')
        .describe('Name in the folder, no path.'),
      content: textField(65_536),
    }),
  )
  .max(MOST_FILES)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
  .default([])
  .describe(`Files put into its folder first, up to ${MOST_FILES}.`)

export const sandboxExec = defineTool({
  name: 'sandbox_exec',
  title: 'Run untrusted code',
  description:
    'Runs code nobody vouches for: in an empty folder in memory that is gone afterwards, with the system’s programs and nothing else of this machine. Give argv or script.',
  input: z
    .strictObject({
      argv: argvField.optional(),
      script: scriptField.optional(),
      files,
      stdin: stdinField,
      timeoutSeconds: timeoutField,
    })
    .refine(({ argv, script }) => (argv === undefined) !== (script === undefined), 'give either argv or script'),
  output: z.strictObject(commandOutput),
  effect: 'change',
  undo: 'none',
  limits: commandLimits,
  summary: (output) => commandSummary(output.argv[3] === '-c' ? 'The script' : shown(output.argv), output),
  taints: printedTaints,
  preview: async ({ argv, script, timeoutSeconds }, context) => {
    const classifier = await context.host.sandbox.classifier()
    const verdict = argv === undefined ? classifier.script(script ?? '') : classifier.argv(argv)
    return commandPreview({ verdict, cwd: undefined, timeoutSeconds }, context)
  },
  run: async ({ argv, script, files: scratch, stdin, timeoutSeconds }, { host, call, signal }) => {
    const words = argv ?? shellArgv(script ?? '')
    const ground = { kind: 'scratch', files: scratch } as const
    const report = await host.sandbox.run({ agent: call.agent, argv: words, stdin, timeoutSeconds, ground }, signal)
    return answerOf(words, report)
  },
})
