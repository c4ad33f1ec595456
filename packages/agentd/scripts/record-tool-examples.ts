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
  CASTELLAN_NIXOS: JSON.stringify({ flake: '/srv/web', configuration: 'web', overlayDir: '/srv/web/castellan' }),
  CASTELLAN_SWITCH: JSON.stringify({ graceSeconds: 0, probationSeconds: 1 }),
  CASTELLAN_MCP_SERVERS: JSON.stringify({
    notes: { command: ['/usr/bin/perl', '/usr/local/bin/demo-mcp'], autostart: false },
  }),
}

const scene = `
set -eu
hostname castellan-demo
systemd-run --quiet --unit=backup --property=Description="Nightly backup" sh -c 'echo "backup disk not found" >&2; exit 3'
${nixos()}
${webServer()}
${mcpServer()}
systemctl daemon-reload
systemctl start web.service report.timer
systemd-run --quiet --unit=stuck --property=Description="Waits for ever" sleep 7777
echo 'nameserver 127.0.0.1' > /etc/resolv.conf
printf '127.0.0.1 localhost\\n192.0.2.10 db.example.org\\n' > /etc/hosts
for i in 1 2 3; do echo "connection $i from 192.0.2.$i timed out" | systemd-cat --identifier=proxy --priority=err; done
while systemctl is-active --quiet backup; do :; done
until grep -q :1F90 /proc/net/tcp; do sleep 0.05; done
journalctl --sync
`

/** The way out, to the web server alone, which also stands for a search engine. */
const airlock = {
  CASTELLAN_STATE_DIR: '/var/lib/castellan-airlock',
  CASTELLAN_RECORD_SOCKET: '/run/castellan/record.sock',
  CASTELLAN_AIRLOCK_SOCKET: '/run/castellan/airlock.sock',
  CASTELLAN_AIRLOCK_OPERATOR_SOCKET: '/run/castellan/airlock-operator.sock',
  CASTELLAN_ALLOW: JSON.stringify([{ host: 'localhost', port: 8080, scheme: 'http', reach: 'loopback' }]),
  CASTELLAN_SEARCH: JSON.stringify({ url: 'http://localhost:8080/' }),
}

/** Two generations of a small system, of which the second runs, and the configuration that it is built from. */
function nixos(): string {
  const support = `${installed}/packages/agentd/test`
  return `
mkdir -p /etc/nix /etc/systemd/network /nix/var
printf 'sandbox = false\\nsubstitute = false\\nbuild-users-group =\\n' > /etc/nix/nix.conf
printf '[Match]\\nName=host0\\n[Network]\\nAddress=192.0.2.20/24\\nGateway=192.0.2.1\\nConfigureWithoutCarrier=yes\\n' > /etc/systemd/network/10-host0.network
systemctl start systemd-networkd
sh ${support}/support/make-systems.sh > /tmp/systems
old=$(sed -n 's/^old=//p' /tmp/systems) good=$(sed -n 's/^good=//p' /tmp/systems)
for system in $old $good; do nix-env -p /nix/var/nix/profiles/system --option substitute false --set $system; done
ln -sfn $good /run/booted-system
ln -sfn $good /run/current-system
$good/bin/switch-to-configuration switch
systemctl stop web
cp -r ${support}/fixtures/flake /srv/web
cp ${installed}/modules/overlay.nix /srv/web/overlay.nix
printf %s $good > /srv/web/template
sed -i 's/sleep 9999/sleep 8888/' /srv/web/configuration.nix
git -C /srv/web init --quiet
git -C /srv/web add .
git -C /srv/web -c user.name=Owner -c user.email=owner@localhost commit --quiet --message 'The web server'`
}

/** A web server that says one thing, and a timer beside it. */
function webServer(): string {
  return `
cat > /usr/local/bin/demo-web <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 8, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  $client->recv(my $request, 4096);
  my $page = "<h1>Welcome</h1>\\n";
  my $found = '{"results":[{"title":"Controlling nginx","url":"https://nginx.example.org/control","content":"Sending HUP reloads the configuration."}]}';
  my $type = "text/html";
  ($page, $type) = ($found, "application/json") if $request =~ m{^GET /search};
  $client->send("HTTP/1.0 200 OK\\r\\nContent-Type: $type\\r\\nContent-Length: " . length($page) . "\\r\\n\\r\\n" . $page);
}
END
cat > /etc/systemd/system/web.service <<'END'
[Unit]
Description=Company website
After=network.target
[Service]
Environment=PORT=8080 API_TOKEN=demo
ExecStart=/usr/bin/perl /usr/local/bin/demo-web
ExecReload=/bin/true
DynamicUser=yes
[Install]
WantedBy=multi-user.target
END
cat > /etc/systemd/system/report.timer <<'END'
[Unit]
Description=Weekly report
[Timer]
OnCalendar=Mon *-*-* 07:00:00
END
printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' > /etc/systemd/system/report.service`
}

/** An MCP server with one tool, for which a few patterns are enough. */
function mcpServer(): string {
  return `
cat > /usr/local/bin/demo-mcp <<'END'
$| = 1;
my $tool = '{"name":"note_search","description":"Finds notes by a word.","inputSchema":{"type":"object","properties":{"word":{"type":"string"}}}}';
while (my $line = <STDIN>) {
  my ($id) = $line =~ /"id":(\\d+)/ or next;
  my $result = '{"content":[{"type":"text","text":"no notes"}]}';
  $result = '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}' if $line =~ /"initialize"/;
  $result = "{\\"tools\\":[$tool]}" if $line =~ m{"tools/list"};
  print "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":$id,\\"result\\":$result}\\n";
}
END`
}

await using host = await ThrowawayHost.start({ readOnly: [`${repository}:${installed}`] })
await host.run(['sh', '-c', scene])
await host.run(['mkdir', '-p', `${state}/workspace`, '/run/castellan'])
// Another name of the same length: the built-in model itself is in the registry from the start.
const builtIn = `${installed}/models/interpreter/castellan-interpreter.gguf`
const rename = 's/castellan-interpreter/house-model-for-tests/'
await host.run(['sh', '-c', `LC_ALL=C sed ${rename} ${builtIn} > ${state}/workspace/house-model.gguf`])
for (const [name, env] of [
  ['agentd', environment],
  ['airlock', airlock],
] as const) {
  const assignments = Object.entries(env).map(([key, value]) => `--setenv=${key}=${value}`)
  const program = [node, '--conditions=source', `${installed}/packages/${name}/src/main.ts`]
  await host.run(['systemd-run', '--quiet', `--unit=castellan-${name}`, ...assignments, ...program])
}
for (const socket of [operatorSocket, '/run/castellan/airlock-agentd.sock']) {
  await host.run(['sh', '-c', `until [ -S ${socket} ]; do sleep 0.1; done`])
}
const { stdout } = await host.run([
  node,
  '--conditions=source',
  `${installed}/packages/agentd/scripts/make-example-calls.ts`,
  operatorSocket,
])
await writeFile(new URL('./generated/tool-examples.json', import.meta.url), stdout)
console.log('tool-examples.json recorded')
