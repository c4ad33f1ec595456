import { CastellanError } from '@castellan/contracts'

/** Where an external server listens: a Unix socket, or a port of this machine. */
export type ServerAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly prefix: string }

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Reads `unix:/run/llama/llama.sock` or `http://127.0.0.1:8080`. Throws `config_invalid` for anything that is not on this
 * machine: what is asked of the engine stays here.
 */
export function parseAddress(text: string): ServerAddress {
  if (text.startsWith('unix:/')) return { socketPath: text.slice('unix:'.length) }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.protocol === 'http:' && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (url === undefined || !isPlain) {
    throw new CastellanError(
      'config_invalid',
      'llamaServer must be http://127.0.0.1:PORT, or unix:/PATH of a socket that llama-server listens on (--host /PATH.sock).',
    )
  }
  if (!LOOPBACK.has(url.hostname)) {
    throw new CastellanError(
      'config_invalid',
      `llamaServer is at ${url.hostname}, which is not this machine. For a model elsewhere give an agent the engine "openai" with that base_url.`,
    )
  }
  const host = url.hostname === '[::1]' ? '::1' : url.hostname
  return { host, port: Number(url.port || 80), prefix: url.pathname.replace(/\/$/, '') }
}

export function addressText(address: ServerAddress): string {
  return 'socketPath' in address
    ? `unix:${address.socketPath}`
    : `http://${address.host}:${address.port}${address.prefix}`
}
