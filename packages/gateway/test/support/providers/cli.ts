import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TunnelRequest } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import type { CliParts, Tunnels } from '../../../src/engines/cli/run.ts'
import { quietLog } from '../log.ts'
import { FakeCredentials } from './parts.ts'

/** Grants tunnels that lead nowhere, and counts them. */
export class FakeTunnels implements Tunnels {
  readonly granted: TunnelRequest[] = []
  open = 0

  async tunnel(request: TunnelRequest) {
    this.granted.push(request)
    this.open += 1
    return {
      environment: () => ({ HTTPS_PROXY: 'http://run:password@127.0.0.1:9' }),
      close: async () => {
        this.open -= 1
      },
    }
  }
}

export function cliParts(rest: Partial<CliParts> = {}): CliParts {
  return {
    outbound: new FakeTunnels(),
    credentials: new FakeCredentials({}),
    log: quietLog('gateway'),
    random: () => 0,
    ...rest,
  }
}

/** A folder with a program of that name, written in Node; the value of a `PATH` on which it comes first. */
export function programOnPath(name: string, source: string): string {
  const folder = temporaryFolder()
  const file = join(folder, name)
  writeFileSync(file, `#!${process.execPath}\n${source}`)
  chmodSync(file, 0o700)
  return `${folder}:${process.env.PATH ?? ''}`
}
