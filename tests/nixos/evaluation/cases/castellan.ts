import { type Case, has, host } from './case.ts'

export const ofCastellan: readonly Case[] = [
  { option: 'enable', set: 'enable = lib.mkForce false;', look: 'builtins.attrNames config.systemd.services', is: [] },
  {
    option: 'package',
    set: 'package = pkgs.git // { outPath = "/srv/castellan"; };',
    look: has('ExecStart=/srv/castellan/bin/castellan-agentd --config /etc/castellan/agentd.json', 'agentd'),
    is: true,
  },
  { option: 'mode', set: 'mode = "observe";', look: 'agentd.sessions.mode', is: 'observe' },
  {
    option: 'logLevel',
    set: 'logLevel = "debug";',
    look: 'map (process: process.logLevel) [ agentd gateway engine airlock ]',
    is: ['debug', 'debug', 'debug', 'debug'],
  },
  {
    option: 'hardening.level',
    set: 'hardening.level = "strict";',
    look: 'lib.any (right: lib.hasInfix right (unit "agentd")) [ "CAP_SYS_PTRACE" "CAP_SYS_RAWIO" ]',
    is: false,
  },
  {
    option: 'ownerTokenFile',
    set: 'ownerTokenFile = "/run/keys/owner";',
    look: `{ unit = ${has('LoadCredential=owner-token:/run/keys/owner', 'gateway')}; inherit (agentd) tokenFile; made = lib.hasInfix "ExecStartPre" (unit "gateway"); }`,
    is: { unit: true, tokenFile: '/run/keys/owner', made: false },
  },
  {
    option: 'agentUsers',
    set: 'agentUsers = [ "ada" ];',
    look: 'config.users.groups.castellan.members',
    is: ['castellan-gateway', 'ada'],
  },
  {
    option: 'openFirewall',
    set: `${host} openFirewall = true;`,
    look: 'config.networking.firewall.allowedTCPPorts',
    is: [80, 443],
  },
  {
    option: 'credentials.seal',
    set: 'credentials.seal = false;',
    look: 'config.systemd.services ? castellan-setup',
    is: false,
  },
  {
    option: 'egress.enforce',
    set: 'egress.enforce = false;',
    look: 'config.systemd.services ? castellan-egress',
    is: false,
  },
  {
    option: 'egress.gatewayLoopback',
    set: 'agents.main.engine = { engine = "claude-code"; model = "m"; };',
    look: 'config.services.castellan.egress.gatewayLoopback',
    is: true,
  },
]
