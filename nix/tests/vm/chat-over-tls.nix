# A chat over wss through nginx, with the owner's token, from a program.
{ castellan, ... }:
{
  name = "castellan-chat-over-tls";
  nodes.server = import ./server.nix { inherit castellan; };
  testScript = ''
    server.wait_for_unit("castellan-gateway.service")
    server.wait_for_unit("nginx.service")
    server.wait_for_open_port(443)
    server.succeed("curl -sf https://castellan.test/health | jq -e '.status == \"ok\"'")

    with subtest("plain HTTP leads to TLS"):
        assert "https://castellan.test/" in server.succeed("curl -s -o /dev/null -w '%{redirect_url}' http://castellan.test/")

    with subtest("a chat"):
        frames = server.succeed(
            "TOKEN=$(cat /var/lib/castellan-gateway/token);"
            "(echo '{\"type\":\"chat\",\"text\":\"how full are my disks?\"}'; sleep 10) |"
            "timeout 20 websocat -H \"Authorization: Bearer $TOKEN\" wss://castellan.test/ws"
        )
        for kind in ["tool_use", "tool_result", "done"]:
            assert f'"type":"{kind}"' in frames, f"no frame {kind} in {frames}"

    with subtest("without the token, and from another page, nothing is opened"):
        server.fail("echo '{}' | timeout 10 websocat -E wss://castellan.test/ws")
        server.fail("echo '{}' | timeout 10 websocat -E --origin https://evil.test wss://castellan.test/ws")

    with subtest("no log has the token"):
        server.succeed("! grep -rF \"$(cat /var/lib/castellan-gateway/token)\" /var/log/nginx")
        server.succeed("! journalctl | grep -F \"$(cat /var/lib/castellan-gateway/token)\"")
  '';
}
