import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/**
 * Ports that systems do not give out by themselves (32768 and up on Linux, 49152 elsewhere): between the look and the moment when the
 * gateway takes one, another program that asks for any port does not get it.
 */
const FREE_FROM = 20_000
const FREE_TO = 32_000
const TRIES = 50

/**
 * Makes sure that the page's port can be listened on, before anything is started. Port 0 becomes some free port. Throws
 * `port_in_use` naming the process that holds it, where this user may see that.
 */
export async function claimPort(port: number, host = '127.0.0.1'): Promise<number> {
  if (port !== 0) return claim(port, host)
  for (let tries = 1; ; tries += 1) {
    try {
      return await claim(randomInt(FREE_FROM, FREE_TO), host)
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

function claim(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return reject(portInUse(port))
      const sentence =
        error.code === 'EACCES'
          ? `Port ${port} is reserved for root. Choose one above 1023: npm start -- --port ${port + 10_000}`
          : `Port ${port} cannot be listened on: ${error.message}.`
      reject(new CastellanError('config_invalid', sentence, { cause: error }))
    })
    probe.listen({ port, host, exclusive: true }, () => {
      probe.close(() => resolve(port))
    })
  })
}

function portInUse(port: number): CastellanError {
  const holder = findListener(port)
  const who = holder === undefined ? 'another process' : `${holder.program} (process ${holder.pid})`
  return new CastellanError(
    'port_in_use',
    `Port ${port} is taken by ${who}. Stop that, or choose another port: npm start -- --port ${port + 1}`,
    { detail: { port, ...holder } },
  )
}

interface Listener {
  readonly pid: number
  readonly program: string
}

/** The process listening on a TCP port: the socket's inode from proc_net_tcp(5), then who has that socket open. */
export function findListener(port: number): Listener | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)))
  if (inodes.size === 0) return undefined
  for (const pid of listFolder('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of listFolder(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`))?.[1]
      if (inode !== undefined && inodes.has(inode)) {
        return { pid: Number(pid), program: programName(pid) }
      }
    }
  }
  return undefined
}

/** Node and Python call their first thread MainThread, which hides what runs: the program's file name tells. */
function programName(pid: string): string {
  const name = readText(`/proc/${pid}/comm`).trim()
  if (name !== 'MainThread') return name
  // An update may have replaced the program while it runs.
  return basename(readLink(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')) || name
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A'
  return readText(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) === port)
    .map((fields) => fields[9] as string)
}

// Processes come and go, and those of others are closed to us: what cannot be read is not there.
const orElse = <Value>(read: () => Value, fallback: Value): Value => {
  try {
    return read()
  } catch {
    return fallback
  }
}
const listFolder = (path: string): string[] => orElse(() => readdirSync(path), [])
const readLink = (path: string): string => orElse(() => readlinkSync(path), '')
const readText = (path: string): string => orElse(() => readFileSync(path, 'utf8'), '')
