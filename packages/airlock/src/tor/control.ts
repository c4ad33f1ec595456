import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { CastellanError } from '@castellan/contracts'
import type { TorConfig } from '../config.ts'

const WITHIN_MS = 5_000
/** Relays of a circuit that hides who asks from whom. */
const MIN_HOPS = 3
const MAX_LINES = 10_000

/** A circuit as Tor's control port tells of it. */
export interface Circuit {
  readonly id: string
  readonly hops: number
  readonly username: string | undefined
}

/**
 * Asks Tor itself, over its control port (control-spec.txt), which circuit a connection goes by: one that is built, has at least three
 * relays, and was made for this name alone. Throws `egress_failed` where there is none: then nothing was sent.
 */
export async function verifyCircuit(config: TorConfig, target: string, username: string): Promise<Circuit> {
  const control = await Control.open(config)
  try {
    const streams = (await control.ask('GETINFO stream-status')).flatMap(readStream)
    const circuits = (await control.ask('GETINFO circuit-status')).flatMap(readCircuit)
    const own = circuits.find(
      ({ id, hops, username: name }) =>
        name === username &&
        hops >= MIN_HOPS &&
        streams.some((stream) => stream.circuit === id && stream.target === target && stream.state === 'SUCCEEDED'),
    )
    if (own === undefined) throw failed(`Tor names no circuit of ${MIN_HOPS} relays that this connection goes by`)
    return own
  } finally {
    control.close()
  }
}

/** `9 SUCCEEDED 14 example.org:443` */
function readStream(line: string): { readonly state: string; readonly circuit: string; readonly target: string }[] {
  const [, state = '', circuit = '', target = ''] = /^\d+ ([A-Z]+) (\d+) (\S+)/.exec(line) ?? []
  return state === '' ? [] : [{ state, circuit, target: target.toLowerCase() }]
}

/** `14 BUILT $F1~a,$F2~b,$F3~c BUILD_FLAGS=… PURPOSE=GENERAL … SOCKS_USERNAME="u" SOCKS_PASSWORD="p"` */
function readCircuit(line: string): Circuit[] {
  const [, id = '', path = ''] = /^(\d+) BUILT (\S+)/.exec(line) ?? []
  if (id === '' || !/ PURPOSE=(?:GENERAL|HS_CLIENT_REND|CONFLUX_LINKED)\b/.test(line)) return []
  const relays = path.split(',').filter((relay) => /^\$[0-9A-F]{40}/.test(relay))
  const [, name] = / SOCKS_USERNAME="((?:[^"\\]|\\.)*)"/.exec(line) ?? []
  return [{ id, hops: relays.length, username: name?.replace(/\\(.)/g, '$1') }]
}

/** One conversation with the control port. */
class Control {
  readonly #socket: Socket
  readonly #lines: AsyncIterator<string>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  }

  static async open({ control }: TorConfig): Promise<Control> {
    const socket = connect({ host: control.host, port: control.port })
    socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error('it did not answer')))
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    }).catch((cause: Error) => {
      throw failed(`its control port does not answer (${cause.message})`, cause)
    })
    // From here on the reader sees that it broke off.
    socket.on('error', () => undefined)
    const conversation = new Control(socket)
    try {
      await conversation.ask(`AUTHENTICATE ${await proofOf(control)}`)
    } catch (error) {
      socket.destroy()
      throw error
    }
    return conversation
  }

  /** The lines of a reply: `250-key=value`, or `250+key=` with lines up to a single dot. */
  async ask(command: string): Promise<string[]> {
    this.#socket.write(`${command}\r\n`)
    const lines: string[] = []
    for (let isData = false; lines.length < MAX_LINES; ) {
      const { value, done } = await this.#lines.next().catch(() => ({ value: '', done: true }))
      if (done === true) break
      const line = String(value)
      if (isData) {
        if (line === '.') isData = false
        else lines.push(line.replace(/^\.\./, '.'))
        continue
      }
      if (!/^250[ +-]/.test(line))
        throw failed(`its control port refuses ${command.split(' ', 1)[0]} (${line.slice(0, 3)})`)
      if (line.startsWith('250 ')) return lines
      if (line.startsWith('250+')) isData = true
      else lines.push(line.slice(4).replace(/^[a-z/-]+=/, ''))
    }
    throw failed('its control port broke off')
  }

  close(): void {
    this.#socket.destroy()
  }
}

async function proofOf(control: TorConfig['control']): Promise<string> {
  if ('cookieFile' in control) return (await read(control.cookieFile)).toString('hex')
  const password = (await read(control.passwordFile)).toString('utf8').trim()
  return `"${password.replace(/["\\]/g, '\\$&')}"`
}

function read(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw failed(`${file} cannot be read (${cause.code})`, cause)
  })
}

function failed(why: string, cause?: unknown): CastellanError {
  return new CastellanError('egress_failed', `Nothing was sent over Tor: ${why}.`, {
    detail: { stage: 'connect', sent: false },
    cause,
  })
}
