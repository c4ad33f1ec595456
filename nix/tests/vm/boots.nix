# The module boots: four processes, each as its own user, a tool call from end to end, and a ledger that verifies.
{ castellan, ... }:
{
  name = "castellan-boots";
  nodes.server = import ./server.nix { inherit castellan; };
  testScript = ''
    server.wait_for_unit("multi-user.target")
    users = {"agentd": "root", "gateway": "castellan-gateway", "engine": "castellan-engine", "airlock": "castellan-airlock"}
    for unit, user in users.items():
        server.wait_for_unit(f"castellan-{unit}.service")
        pid = server.succeed(f"systemctl show -P MainPID castellan-{unit}").strip()
        assert server.succeed(f"stat -c %U /proc/{pid}").strip() == user, f"{unit} does not run as {user}"

    with subtest("a tool call, and what is on record of it"):
        assert "disk_usage" in server.succeed("agentctl chat 'how full are my disks?'")
        assert "disk_usage" in server.succeed("agentctl ledger tail")
        server.succeed("agentctl verify-ledger")

    with subtest("sockets are closed to others"):
        server.succeed("useradd --no-create-home eve")
        server.fail("runuser -u eve -- curl -s --unix-socket /run/castellan/agent.sock http://agentd/v1/health")
        server.fail("runuser -u castellan-gateway -- curl -s --unix-socket /run/castellan/operator.sock http://agentd/v1/health")

    with subtest("nothing leaves but through the airlock"):
        server.fail("runuser -u castellan-gateway -- curl -s --max-time 5 http://127.0.0.1:18789/health")
        server.fail("runuser -u castellan-engine -- curl -s --max-time 5 http://127.0.0.1:18789/health")
        server.succeed("curl -s --max-time 5 http://127.0.0.1:18789/health")
  '';
}
