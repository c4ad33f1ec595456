/** Runs inside a throwaway host: begins a build that takes minutes, stops it in the middle, and prints what is left of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { CastellanError } from '@castellan/contracts'
import { Nixos } from '../../src/host/nixos/nixos.ts'

const nixos = new Nixos(JSON.parse(process.argv[2] ?? '{}'))
const signal = new AbortController()
const change = {
  path: ['services', 'web', 'port'],
  value: 8888,
  setAt: new Date().toISOString(),
  setBy: 'test',
  reason: '',
}
await nixos.overlay.change(change.path, change, 'slow', signal.signal)
const said: string[] = []
const stopping = new AbortController()
const ended = await nixos
  .build(
    false,
    ({ message }) => {
      said.push(message)
      if (message.includes('building the system'))
        setTimeout(() => stopping.abort(new CastellanError('cancelled', 'stopped')), 100)
    },
    stopping.signal,
  )
  .catch((error: CastellanError) => error)
await nixos.overlay.change(change.path, undefined, 'no longer', signal.signal)
const commands = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => readCommand(pid))
const left = commands.filter((line) => /sleep 300|^\/usr\/bin\/nix /.test(line))
console.log(JSON.stringify({ code: 'code' in ended ? ended.code : 'none', said: said.join('\n'), left }))

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\u0000', ' ')
  } catch {
    return ''
  }
}
