import type { Gateway } from './http.ts'
import type { SocketHost } from './socket.ts'

/** Protocol of the chat; the sign-in itself travels as a cookie. See the gateway's plugins/auth.ts. */
const CHAT_PROTOCOL = 'castellan.v1'

/** The real browser behind a {@link SocketHost}. */
export function browserHost(gateway: Gateway): SocketHost {
  return {
    open() {
      const address = new URL('/ws', location.href)
      address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
      return new WebSocket(address, [CHAT_PROTOCOL])
    },
    stillSignedIn: () =>
      gateway.session().then(
        (session) => session.signed_in,
        // No answer says nothing about the sign-in.
        () => true,
      ),
    now: Date.now,
    after(ms, act) {
      const timer = setTimeout(act, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
  }
}
