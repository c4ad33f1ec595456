import {
  CastellanError,
  type EnrolledKeys,
  OperatorKeyId,
  operatorKeyText,
  SignedKeyRemoval,
  SignedKeyRenaming,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { SignedWords } from '../approvals/signed-words.ts'

/** On agent.sock: who can say yes, and what one key's word may change about the others of the same person. */
export function addOperatorKeyRoutes(server: SocketServer, { operators, approvals }: Agentd, words: SignedWords): void {
  const signer = async (id: OperatorKeyId, signed: SignedKeyRemoval & { readonly name?: string }) => {
    const { key } = await words.signer(operatorKeyText(id, signed), signed, 'a change of operator keys on agent.sock')
    return key
  }

  server.route('GET', '/v1/operators/enrolled', {}, (): EnrolledKeys => ({ operators: operators.enrolled() }))

  server.route('POST', '/v1/operators/:id/removal', { body: SignedKeyRemoval }, async ({ params, body }) => {
    const id = operatorKeyId(params.id)
    const removed = await operators.removeBy(await signer(id, body), id)
    await approvals.sweep()
    return removed
  })

  server.route('POST', '/v1/operators/:id/name', { body: SignedKeyRenaming }, async ({ params, body }) => {
    const id = operatorKeyId(params.id)
    return operators.renameBy(await signer(id, body), id, body.name)
  })
}

/** Throws `operator_unknown` for what cannot be the id of a key. */
export function operatorKeyId(text: string | undefined): OperatorKeyId {
  const id = OperatorKeyId.safeParse(text)
  if (id.success) return id.data
  throw new CastellanError(
    'operator_unknown',
    `${JSON.stringify(text)} is no operator key's id; those look like opk_….`,
  )
}
