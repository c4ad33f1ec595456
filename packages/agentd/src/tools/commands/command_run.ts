import { z } from 'zod'
import { defineTool } from '../define.ts'
import {
  answerOf,
  argvField,
  commandLimits,
  commandOutput,
  commandSummary,
  cwdField,
  judgement,
  judgementOf,
  printedTaints,
  shown,
  stdinField,
  timeoutField,
  workingFolder,
  workspaceResources,
} from './fields.ts'
import { commandPreview } from './preview.ts'

export const commandRun = defineTool({
  name: 'command_run',
  title: 'Run a command',
  description:
    'Runs one program in the sandbox: the workspace and the system’s programs, no network, limited time, memory and output. No shell looks at its words.',
  input: z.strictObject({ argv: argvField, cwd: cwdField, stdin: stdinField, timeoutSeconds: timeoutField }),
  output: z.strictObject({ ...commandOutput, cwd: z.string(), ...judgement }),
  effect: 'change',
  undo: 'none',
  limits: commandLimits,
  summary: (output) => commandSummary(shown(output.argv), output),
  resources: async ({ argv }, host) => workspaceResources(host, (await host.sandbox.classifier()).argv(argv)),
  taints: printedTaints,
  preview: async ({ argv, cwd, timeoutSeconds }, context) => {
    const verdict = (await context.host.sandbox.classifier()).argv(argv)
    return commandPreview({ verdict, cwd, timeoutSeconds }, context)
  },
  run: async ({ argv, cwd, stdin, timeoutSeconds }, { host, call, signal }) => {
    const verdict = (await host.sandbox.classifier()).argv(argv)
    const folder = await workingFolder(host, cwd, signal)
    const ground = { kind: 'workspace', cwd: folder, writable: verdict.verdict !== 'harmless' } as const
    const report = await host.sandbox.run({ agent: call.agent, argv, stdin, timeoutSeconds, ground }, signal)
    return { ...answerOf(argv, report), cwd: folder, ...judgementOf(verdict) }
  },
})
