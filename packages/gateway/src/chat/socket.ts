import { CastellanError, MAX_FRAME_BYTES, type ServerFrame } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import { WebSocket, WebSocketServer } from 'ws'
import { type Caller, CHAT_PROTOCOL } from '../plugins/auth.ts'
import { refuseOnSocket } from '../plugins/errors.ts'
import type { Upgrades } from '../plugins/upgrades.ts'
import { Connection, type ConnectionParts } from './connection.ts'

/** Sockets that one token or one signed-in browser may hold at a time. */
export const MAX_SOCKETS = 3

/** Close codes of our own; those below 4000 are RFC 6455's. */
export const CLOSE = { goingAway: 1001, signedOut: 4001, idle: 4003 } as const

const ENDED: Record<Caller['kind'], string> = {
  owner: 'The token was replaced; read it from its file again.',
  page: 'Signed out.',
  token: 'The token was revoked, replaced or has expired.',
}

export interface ChatTiming {
  /** Between two pings; a socket that did not answer the last one is dropped. */
  readonly heartbeatMs: number
  /** Without a frame from the client, while no turn runs, the socket is closed. */
  readonly idleMs: number
}

export const TIMING: ChatTiming = { heartbeatMs: 30_000, idleMs: 10 * 60_000 }

/** `GET /ws`: everything that refuses a socket has happened by the time it is opened, so each refusal is an HTTP answer. */
export function addChatSocket(
  app: FastifyInstance,
  upgrades: Upgrades,
  parts: ConnectionParts,
  timing: ChatTiming,
): void {
  const { audience } = parts
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(CHAT_PROTOCOL) ? CHAT_PROTOCOL : false),
    WebSocket: ChatWebSocket,
  })
  server.on('wsClientError', (error, socket) => {
    refuseOnSocket(
      socket,
      new CastellanError('invalid_request', `This is not a WebSocket handshake (RFC 6455): ${error.message}.`),
    )
  })

  app.get('/ws', { config: { scope: 'chat' } }, (request, reply) => {
    const upgrade = upgrades.of(request.raw)
    if (upgrade === undefined) {
      throw new CastellanError('invalid_request', '/ws speaks WebSocket (RFC 6455); open it with a WebSocket client.')
    }
    const caller = request.caller as Caller
    if (audience.of(caller.credential).length >= MAX_SOCKETS) {
      const why = `There are ${MAX_SOCKETS} open sockets with this credential; close one first.`
      throw new CastellanError('too_many_sessions', why, { retryAfterSeconds: 5 })
    }
    reply.hijack()
    upgrade.takeOver()
    server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (socket) => {
      const connection = new Connection(socket, upgrade.socket, { caller, trace: request.trace }, parts)
      audience.join(connection)
      const forget = caller.standing.onEnd(() => void connection.leave(CLOSE.signedOut, ENDED[caller.kind]))
      socket.once('close', () => {
        audience.leave(connection)
        forget()
      })
      socket.on('error', (error) => request.log.debug({ err: error }, 'a chat socket failed'))
      request.traceEnd?.(101)
      connection.welcome()
    })
  })

  const heartbeat = setInterval(() => beat(parts, timing), timing.heartbeatMs)
  app.addHook('preClose', async () => {
    clearInterval(heartbeat)
    await sayGoodbye(parts)
  })
}

/** Drops who is gone, closes who is idle, and asks the others whether they are there. */
function beat({ audience, chats }: ConnectionParts, { idleMs }: ChatTiming): void {
  const busy = chats.running.length > 0
  for (const connection of audience.connections) {
    if (busy) connection.keepAwake()
    if (connection.idleMs < idleMs) connection.beat()
    else connection.close(CLOSE.idle, 'Idle for too long; open a new socket when there is something to say.')
  }
}

/** Ends all turns, which say so, and then the sockets. */
async function sayGoodbye({ audience, chats }: ConnectionParts): Promise<void> {
  const reason = new CastellanError('shutting_down', 'The gateway is stopping; say it again when it is back.')
  const turns = chats.running.map((chat) => {
    chat.abort(reason)
    return chat.idle()
  })
  await Promise.all(turns)
  const { goingAway } = CLOSE
  await Promise.all(audience.connections.map((connection) => connection.leave(goingAway, 'The gateway is stopping.')))
}

/** Protocol violations that ws itself ends the socket for, with the words it leaves out. */
const VIOLATIONS: Record<number, { code: string; message: string }> = {
  1002: { code: 'invalid_request', message: 'This violates the WebSocket protocol (RFC 6455).' },
  1007: { code: 'invalid_request', message: 'A text frame has to be valid UTF-8.' },
  1009: { code: 'frame_too_large', message: `A frame may have at most ${MAX_FRAME_BYTES} bytes; send less at once.` },
}

class ChatWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    const violation = code === undefined || reason !== undefined ? undefined : VIOLATIONS[code]
    if (violation !== undefined) this.send(JSON.stringify({ type: 'error', ...violation } satisfies ServerFrame))
    super.close(code, violation?.message ?? reason)
  }
}
