import { z } from 'zod'
import { defineTool } from '../define.ts'
import {
  answerOf,
  commandLimits,
  commandOutput,
  commandSummary,
  cwdField,
  judgement,
  judgementOf,
  printedTaints,
  scriptField,
  timeoutField,
  workingFolder,
  workspaceResources,
} from './fields.ts'
import { commandPreview } from './preview.ts'

/** bash without anybody's start-up files. */
export function shellArgv(script: string): string[] {
  return ['bash', '--noprofile', '--norc', '-c', script]
}

export const shellExec = defineTool({
  name: 'shell_exec',
  title: 'Run a shell script',
  description:
    'Runs a bash script in the sandbox of command_run: the workspace and the system’s programs, no network. For one program command_run is plainer.',
  input: z.strictObject({ script: scriptField, cwd: cwdField, timeoutSeconds: timeoutField }),
  output: z.strictObject({ ...commandOutput, cwd: z.string(), ...judgement }),
  effect: 'change',
  undo: 'none',
  limits: commandLimits,
  summary: (output) => commandSummary('The script', output),
  resources: async ({ script }, host) => workspaceResources(host, (await host.sandbox.classifier()).script(script)),
  taints: printedTaints,
  preview: async ({ script, cwd, timeoutSeconds }, context) => {
    const verdict = (await context.host.sandbox.classifier()).script(script)
    return commandPreview({ verdict, cwd, timeoutSeconds }, context)
  },
  run: async ({ script, cwd, timeoutSeconds }, { host, call, signal }) => {
    const verdict = (await host.sandbox.classifier()).script(script)
    const folder = await workingFolder(host, cwd, signal)
    const argv = shellArgv(script)
    const ground = { kind: 'workspace', cwd: folder, writable: verdict.verdict !== 'harmless' } as const
    const report = await host.sandbox.run({ agent: call.agent, argv, timeoutSeconds, ground }, signal)
    return { ...answerOf(argv, report), cwd: folder, ...judgementOf(verdict) }
  },
})
