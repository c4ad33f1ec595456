import { SignInCode } from '@castellan/contracts'
import { localTime } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'

export function addSignIn({ program, act }: Cli): void {
  program
    .command('sign-in')
    .description("print the page's address with a fresh one-time sign-in code")
    .action(
      act(async (context) => {
        const { url } = await context.instance()
        const operator = await context.operator()
        const { code, expires_at } = await operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
        const address = `${url}/#code=${code}`
        context.terminal.result({ address, code, expires_at }, () => {
          context.terminal.line(address)
          context.terminal.line(context.terminal.paint('dim', `Works once, until ${localTime(expires_at)}.`))
        })
        return exitCodes.ok
      }),
    )
}
