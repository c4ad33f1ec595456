{ lib, ... }:
{
  options.services.castellan.egress.enforce = lib.mkOption {
    type = lib.types.bool;
    default = true;
    description = ''
      Whether the kernel refuses what Castellan's users send, but the airlock's: a table of nftables that works beside any firewall. Only
      answers to whoever connected to them leave. It holds by user; agentd is root and not held by it.
    '';
  };
}
