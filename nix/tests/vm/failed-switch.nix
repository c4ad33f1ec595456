# A switch to a system whose service fails goes back by itself, with the story in the ledger; a good one is committed.
{ castellan, ... }:
{
  name = "castellan-failed-switch";
  nodes.server = import ./server.nix { inherit castellan; };
  testScript = ''
    server.wait_for_unit("castellan-agentd.service")
    before = server.succeed("readlink -f /run/current-system").strip()

    status, output = server.execute(f"agentctl switch begin $(readlink -f {before}/specialisation/broken)", timeout=180)
    assert status == 20, f"expected to be rolled back (20), got {status}: {output}"
    assert server.succeed("readlink -f /run/current-system").strip() == before
    server.wait_for_unit("page.service")
    assert "rolled_back" in server.succeed("agentctl switch list --json")
    assert "switch_step" in server.succeed("agentctl ledger tail -n 40")

    with subtest("what went wrong is not tried again"):
        status, _ = server.execute(f"agentctl switch begin $(readlink -f {before}/specialisation/broken)", timeout=60)
        assert status == 21, f"expected to be refused (21), got {status}"

    with subtest("a good system is committed"):
        status, output = server.execute(f"agentctl switch begin $(readlink -f {before}/specialisation/changed)", timeout=180)
        assert status == 0, f"expected to be committed (0), got {status}: {output}"
        server.succeed("grep -q yes /etc/changed")
  '';
}
