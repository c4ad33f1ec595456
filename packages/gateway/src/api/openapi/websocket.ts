import { MAX_FRAME_BYTES } from '@castellan/contracts'
import { CLOSE, MAX_SOCKETS, TIMING } from '../../chat/socket.ts'
import { CHAT_PROTOCOL } from '../../plugins/auth.ts'
import type { Json } from './components.ts'

/** The chat socket, which OpenAPI has no words of its own for. */
export function describeWebSocket(): Json {
  return {
    '/ws': {
      summary: 'The chat',
      description:
        'JSON in text frames, one object each. Programs send `Authorization: Bearer`; browsers, which cannot, offer the ' +
        `subprotocols \`${CHAT_PROTOCOL}\` and \`bearer.TOKEN\`. Everything that refuses a socket is an HTTP answer before ` +
        'it opens. A `chat` frame begins a turn, which ends with exactly one `done`. Frames of a chat carry `seq`; what a ' +
        'client missed is in the chat’s transcript after the last `seq` it has.',
      protocols: [CHAT_PROTOCOL],
      security: [{ bearer: ['chat'] }, { page: ['chat'] }],
      clientFrames: { $ref: '#/components/schemas/ClientFrame' },
      serverFrames: { $ref: '#/components/schemas/ServerFrame' },
      limits: {
        frameBytes: MAX_FRAME_BYTES,
        socketsPerCredential: MAX_SOCKETS,
        heartbeatSeconds: TIMING.heartbeatMs / 1000,
        idleSeconds: TIMING.idleMs / 1000,
        pauseAboveBytes: 1024 * 1024,
        resumeBelowBytes: 256 * 1024,
      },
      closeCodes: {
        1000: 'The client closed it.',
        [CLOSE.goingAway]: 'The gateway is stopping.',
        1002: 'A frame violates RFC 6455.',
        1007: 'A text frame is not valid UTF-8.',
        1009: `A frame is larger than ${MAX_FRAME_BYTES} bytes.`,
        [CLOSE.signedOut]: 'The credential ended: signed out, revoked or expired.',
        [CLOSE.idle]: 'Nothing was said for too long; open a new socket when there is something to say.',
      },
      examples: {
        sent: [
          { type: 'chat', text: 'how full are my disks?', chat_id: 'main' },
          { type: 'approve', approval_id: 'apr_9mWkqzP0aYt3Q2hB' },
          { type: 'abort', chat_id: 'main' },
        ],
        received: [
          { type: 'status', state: 'thinking', message: 'Thinking.', chat_id: 'main' },
          { type: 'tool_use', call_id: 'call_l7XhJ0f3T3m4Yz1Q', name: 'disk_usage', args: {}, chat_id: 'main', seq: 2 },
          { type: 'text', text: 'The disk at / is 42 % full.', chat_id: 'main', seq: 4 },
          { type: 'done', chat_id: 'main', seq: 5 },
          { type: 'backpressure_resume', dropped_frames: 12 },
        ],
      },
    },
  }
}
