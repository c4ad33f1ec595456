import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOutcome } from '@castellan/contracts'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { exitCodes } from '../../exit.ts'
import { operate } from './operate.ts'

/** Each look is a call, and so an entry of the ledger; in milliseconds. */
const LOOK_MS = 2000

const Standing = z.looseObject({ id: z.string(), phase: z.string() })

/** What each phase ends this command with; the others go on by themselves. */
const codes: Readonly<Record<string, number>> = {
  committed: exitCodes.ok,
  rolled_back: exitCodes.rolledBack,
  refused: exitCodes.switchRefused,
  staged: exitCodes.staged,
  rollback_failed: exitCodes.rollbackFailed,
  confirming: exitCodes.unconfirmed,
}

/** Looks at a switch until nothing more happens by itself; answers the last look and the code for it. */
export async function awaitSwitch(
  context: Context,
  id: string | undefined,
): Promise<{ readonly outcome: CallOutcome; readonly code: number }> {
  for (let which = id; ; ) {
    const outcome = await operate(context, 'switch_status', which === undefined ? {} : { id: which })
    if (!outcome.ok) return { outcome, code: exitCodes.failed }
    const { id: found, phase } = Standing.parse(outcome.result)
    const code = codes[phase]
    if (code !== undefined) return { outcome, code }
    which = found
    await sleep(LOOK_MS)
  }
}
