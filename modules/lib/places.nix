# Where everything is on NixOS.
{ cfg }:
rec {
  state = "/var/lib/castellan";
  gatewayState = "/var/lib/castellan-gateway";
  airlockState = "/var/lib/castellan-airlock";

  # Made by the gateway, which can then replace it; one that somebody else keeps is handed to it by systemd.
  token = if cfg.ownerTokenFile == null then "${gatewayState}/token" else cfg.ownerTokenFile;
  # The registry of models is agentd's; the engine sees its files here, and nothing else of the state.
  models = "${state}/models";
  modelsForEngine = "/run/castellan-models";
  frozen = "${state}/agentd/emergency/frozen.json";
  policy = if cfg.policy.files == { } then null else "/etc/castellan/policy";

  run = {
    agentd = "/run/castellan";
    record = "/run/castellan-record";
    engine = "/run/castellan-engine";
    airlock = "/run/castellan-airlock";
    web = "/run/castellan-web";
  };
  sockets = {
    agent = "${run.agentd}/agent.sock";
    operator = "${run.agentd}/operator.sock";
    record = "${run.record}/record.sock";
    engine = "${run.engine}/engine.sock";
    airlock = "${run.airlock}/airlock.sock";
    web = "${run.web}/gateway.sock";
    airlockOperator = "${run.airlock}/operator.sock";
    airlockAgentd = "${run.airlock}/agentd.sock";
  };
}
