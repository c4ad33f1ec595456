{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  # These are programs that speak to the gateway and to the airlock by loopback.
  programs = [ "claude-code" "openclaw" ];
in
{
  options.services.castellan.egress = {
    enforce = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the kernel refuses what Castellan's users send, but the airlock's: a table of nftables that works beside any firewall. Only
        answers to whoever connected to them leave. It holds by user; agentd is root and not held by it.
      '';
    };

    gatewayLoopback = mkOption {
      type = types.bool;
      default = lib.any (agent: builtins.elem agent.engine.engine programs) (builtins.attrValues config.services.castellan.agents);
      defaultText = lib.literalMD "whether an agent of {option}`services.castellan.agents` has the engine `claude-code` or `openclaw`";
      description = ''
        Whether the gateway's user may open connections to this host itself. Those engines are programs that it starts, and they reach their
        tools and the airlock that way. With it, a gateway that was taken over reaches other services on loopback, too.
      '';
    };
  };
}
