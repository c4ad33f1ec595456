# agentd is killed, and kept from starting, while a new system is on probation: the dead man's switch goes back without it.
{ castellan, ... }:
{
  name = "castellan-killed-in-probation";
  nodes.server = import ./server.nix { inherit castellan; };
  testScript = ''
    server.wait_for_unit("castellan-agentd.service")
    before = server.succeed("readlink -f /run/current-system").strip()
    server.succeed(f"systemd-run --unit=switching agentctl switch begin $(readlink -f {before}/specialisation/changed)")
    server.wait_until_succeeds("test -e /etc/changed", timeout=120)
    server.wait_until_succeeds("agentctl switch status --json | grep -q probation", timeout=60)

    # A drop-in of /run counts beside the unit of /etc, and no switch takes it away.
    never = "/run/systemd/system/castellan-agentd.service.d/never.conf"
    server.succeed(f"mkdir -p $(dirname {never}) && printf '[Unit]\nConditionPathExists=/never\n' > {never}")
    server.succeed("systemctl daemon-reload && systemctl kill -s KILL castellan-agentd")
    server.wait_until_succeeds(f"test \"$(readlink -f /run/current-system)\" = {before}", timeout=1200)
    server.wait_until_fails("test -e /etc/changed", timeout=60)

    server.succeed(f"rm {never} && systemctl daemon-reload && systemctl start castellan-agentd")
    server.wait_until_succeeds("agentctl switch list --json | grep -q rolled_back", timeout=60)
    server.succeed("agentctl verify-ledger")
  '';
}
