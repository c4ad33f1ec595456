# The power fails while a new system is on probation: what boots is the old one, and that is the verdict.
{ castellan, ... }:
{
  name = "castellan-reboot-in-probation";
  nodes.server = { lib, ... }: {
    imports = [ (import ./server.nix { inherit castellan; }) ];
    services.castellan.switch.probationSeconds = lib.mkForce 600;
  };
  testScript = ''
    server.wait_for_unit("castellan-agentd.service")
    before = server.succeed("readlink -f /run/current-system").strip()
    server.succeed(f"systemd-run --unit=switching agentctl switch begin $(readlink -f {before}/specialisation/changed)")
    server.wait_until_succeeds("test -e /etc/changed", timeout=120)
    server.wait_until_succeeds("agentctl switch status --json | grep -q probation", timeout=60)

    server.crash()
    server.start()
    server.wait_for_unit("castellan-agentd.service")
    assert server.succeed("readlink -f /run/current-system").strip() == before
    server.wait_until_succeeds("agentctl switch list --json | grep -q rolled_back", timeout=60)
    server.fail("test -e /etc/changed")
    server.succeed("agentctl verify-ledger")
  '';
}
