import {
  CastellanError,
  emergencyText,
  FreezeId,
  type FreezeState,
  PanicRequest,
  SignedFreeze,
  SignedThaw,
  ThawRequest,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { SignedWords } from '../approvals/signed-words.ts'

/** Longest that a question is held, in seconds. */
const MAX_WAIT_SECONDS = 30

/** Holds the question until the state is another one than `known`: a freeze's id, or `none`. */
const Known = z.strictObject({
  known: z.union([FreezeId, z.literal('none')]).optional(),
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
})

/** Whether agents are frozen; for whoever speaks to people about them. */
export function addFreezeRoute(server: SocketServer, { emergency }: Agentd): void {
  server.route('GET', '/v1/freeze', { query: Known }, ({ query, signal }): Promise<FreezeState> | FreezeState => {
    const { known, wait } = query
    return known === undefined ? emergency.state : emergency.changed(known === 'none' ? null : known, wait, signal)
  })
}

/** On agent.sock: freezing and thawing by an operator's signature, which whoever carries it cannot make. */
export function addSignedEmergencyRoutes(server: SocketServer, { emergency }: Agentd, words: SignedWords): void {
  const signer = async (signed: SignedFreeze | SignedThaw) => {
    const { name } = await words.signer(emergencyText(signed), signed, 'an emergency stop on agent.sock')
    return { reason: `${signed.reason === '' ? 'No reason was given' : signed.reason} (signed by ${name})` }
  }
  server.route('POST', '/v1/freeze', { body: SignedFreeze }, async ({ body }) => {
    return emergency.panic({ ...(await signer(body)), level: 1 })
  })
  server.route('POST', '/v1/thaw', { body: SignedThaw }, async ({ body }) => {
    const said = await signer(body)
    // Of a freeze that has ended meanwhile, or was followed by another, this is no thaw.
    if (emergency.state.freeze?.id !== body.freeze) {
      throw new CastellanError('conflict', 'Agents are not frozen by that freeze any more. Look again, then sign anew.')
    }
    return emergency.thaw(said)
  })
}

/** Freezing and thawing without a signature, on operator.sock alone: nobody who is frozen thaws themselves. */
export function addEmergencyRoutes(server: SocketServer, { emergency }: Agentd): void {
  server.route('POST', '/v1/panic', { body: PanicRequest }, ({ body }) => emergency.panic(body))
  server.route('POST', '/v1/thaw', { body: ThawRequest }, ({ body }) => emergency.thaw(body))
}
