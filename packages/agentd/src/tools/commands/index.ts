import type { Tool } from '../define.ts'
import { capabilityMint } from './capability_mint.ts'
import { commandRun } from './command_run.ts'
import { sandboxExec } from './sandbox_exec.ts'
import { shellExec } from './shell_exec.ts'

export const commandTools: readonly Tool[] = [commandRun, shellExec, sandboxExec, capabilityMint]
