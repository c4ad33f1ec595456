import { createHash } from 'node:crypto'
import { closeSync, fchmodSync, fstatSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { MAX_SOCKET_PATH_BYTES } from '@castellan/daemon'
import { makeFolder, openFolder } from './make-folder.ts'

/** Where everything of one instance is. All paths absolute. */
export interface StateLayout {
  readonly root: string
  readonly lockFile: string
  readonly runFile: string
  readonly tokenFile: string
  readonly logs: string
  readonly ledger: string
  readonly agentd: string
  readonly gateway: string
  readonly workspace: string
  readonly sockets: string
  readonly agentSocket: string
  readonly operatorSocket: string
  readonly recordSocket: string
  readonly engineSocket: string
  readonly airlockSocket: string
  readonly airlockOperatorSocket: string
  readonly airlockAgentdSocket: string
}

const folders = ['logs', 'ledger', 'agentd', 'airlock', 'gateway', 'workspace'] as const
/** What the folder's path must leave room for. */
const LONGEST_SOCKET = 'airlock-operator.sock'
const ours = new Set<string>([...folders, 'sockets', 'engine', 'lock', 'run.json', 'token', 'config.json'])

/**
 * Makes the state folder and its parts, closed to everybody but their owner (0700). Refuses a folder that belongs to somebody
 * else, or that holds other things: closing it would change what is not ours.
 */
export function prepareState(stateDir: string): StateLayout {
  makePrivate(stateDir, assertOurs)
  const root = realpathSync(stateDir)
  for (const name of folders) makePrivate(join(root, name))
  const sockets = socketFolder(root)
  makePrivate(sockets)
  return {
    root,
    lockFile: join(root, 'lock'),
    runFile: join(root, 'run.json'),
    tokenFile: join(root, 'token'),
    logs: join(root, 'logs'),
    ledger: join(root, 'ledger'),
    agentd: join(root, 'agentd'),
    gateway: join(root, 'gateway'),
    workspace: join(root, 'workspace'),
    sockets,
    agentSocket: join(sockets, 'agent.sock'),
    operatorSocket: join(sockets, 'operator.sock'),
    recordSocket: join(sockets, 'record.sock'),
    engineSocket: join(sockets, 'engine.sock'),
    airlockSocket: join(sockets, 'airlock.sock'),
    airlockOperatorSocket: join(sockets, LONGEST_SOCKET),
    airlockAgentdSocket: join(sockets, 'airlock-agentd.sock'),
  }
}

/** The sockets' folder goes with the run where it lies outside of the state folder. */
export function removeOutsideSockets(layout: StateLayout): void {
  if (!layout.sockets.startsWith(layout.root)) rmSync(layout.sockets, { recursive: true, force: true })
}

/** Inside the state folder where its path is short enough for a socket, otherwise in the user's runtime folder. */
function socketFolder(root: string): string {
  const inside = join(root, 'sockets')
  if (Buffer.byteLength(join(inside, LONGEST_SOCKET)) <= MAX_SOCKET_PATH_BYTES) return inside
  const name = `castellan-${process.getuid?.() ?? 0}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`
  return join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), name)
}

/** Owner and mode are read and set through one open descriptor, so what was checked is what is used. */
function makePrivate(path: string, assertContent?: (path: string) => void): void {
  makeFolder(path)
  const descriptor = openFolder(path)
  try {
    const found = fstatSync(descriptor)
    const user = process.getuid?.()
    if (user !== undefined && found.uid !== user) {
      throw new CastellanError(
        'permission_denied',
        `The folder ${path} belongs to the user with id ${found.uid}, and you are ${user}. Choose another one with --state DIR.`,
      )
    }
    assertContent?.(path)
    if ((found.mode & 0o077) !== 0) fchmodSync(descriptor, 0o700)
  } finally {
    closeSync(descriptor)
  }
}

function assertOurs(path: string): void {
  const entries = readdirSync(path)
  if (entries.length === 0 || entries.some((name) => ours.has(name))) return
  throw new CastellanError(
    'config_invalid',
    `The folder ${path} holds other things (${entries.slice(0, 3).join(', ')}) and no Castellan state. Name an empty or a new folder.`,
  )
}
