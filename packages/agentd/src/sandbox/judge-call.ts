import { z } from 'zod'
import type { Verdict } from './analysis/classify.ts'
import type { Sandbox } from './sandbox.ts'

const ArgvCall = z.object({ argv: z.array(z.string()) })
const ScriptCall = z.object({ script: z.string() })

/** What is known of a call before it is decided about; undefined where it is not a command that sees the workspace. */
export async function judgeCall(
  sandbox: Sandbox,
  tool: string,
  args: Readonly<Record<string, unknown>>,
): Promise<Verdict | undefined> {
  if (tool === 'command_run') return (await sandbox.classifier()).argv(ArgvCall.parse(args).argv)
  if (tool === 'shell_exec') return (await sandbox.classifier()).script(ScriptCall.parse(args).script)
  return undefined
}

/** Why a person is asked, in terms of this very command. */
export function reasonToAsk({ verdict, reason }: Verdict): string {
  return verdict === 'ask' ? reason : `A person agrees to every command. ${reason}`
}
