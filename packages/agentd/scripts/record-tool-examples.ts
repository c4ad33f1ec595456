/**
 * Records generated/tool-examples.json, which docs/tools.md shows: boots a throwaway host, sets a small scene in it (a web server that
 * runs, a job that failed, two generations of a system), starts agentd there and makes the example calls.
 * Needs what tests/support/throwaway-host needs.
 */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ThrowawayHost } from '../../../tests/support/throwaway-host/host.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
/** Where the repository is inside the host, so that no path of this machine gets into the examples. */
const installed = '/opt/castellan'
const node = join(installed, relative(repository, process.execPath))
const state = '/var/lib/castellan'
const operatorSocket = '/run/castellan/operator.sock'
const environment = {
  CASTELLAN_STATE_DIR: state,
  CASTELLAN_AGENT_SOCKET: '/run/castellan/agent.sock',
  CASTELLAN_OPERATOR_SOCKET: operatorSocket,
}

const scene = `
set -eu
hostname castellan-demo
systemd-run --quiet --unit=backup --property=Description="Nightly backup" sh -c 'echo "backup disk not found" >&2; exit 3'
system=$(mktemp -d)/nixos-system-demo
mkdir -p $system/kernel-modules/lib/modules/6.12.58
for version in 25.05.813814 25.11.20261114; do
  echo $version > $system/nixos-version
  nix-env -p /nix/var/nix/profiles/system --option substitute false --set $(nix-store --add $system)
done
while systemctl is-active --quiet backup; do :; done
journalctl --sync
`

await using host = await ThrowawayHost.start({ readOnly: [`${repository}:${installed}`] })
await host.run(['sh', '-c', scene])
await host.run(['mkdir', '-p', state, '/run/castellan'])
const assignments = Object.entries(environment).map(([key, value]) => `--setenv=${key}=${value}`)
const agentd = [node, '--conditions=source', `${installed}/packages/agentd/src/main.ts`]
await host.run(['systemd-run', '--quiet', '--unit=castellan-agentd', ...assignments, ...agentd])
await host.run(['sh', '-c', `until [ -S ${operatorSocket} ]; do sleep 0.1; done`])
const { stdout } = await host.run([
  node,
  '--conditions=source',
  `${installed}/packages/agentd/scripts/make-example-calls.ts`,
  operatorSocket,
])
await writeFile(new URL('./generated/tool-examples.json', import.meta.url), stdout)
console.log('tool-examples.json recorded')
