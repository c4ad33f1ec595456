# What types cannot say.
{ config, lib, ... }:
let
  cfg = config.services.castellan;
  inherit (cfg) nginx;

  each = set: f: lib.concatLists (lib.mapAttrsToList f set);
  fitsAgentName = name: builtins.match "[a-z][a-z0-9-]{0,31}" name != null;
  keys = lib.mapAttrsToList (_: operator: operator.publicKey) cfg.operators;
in
{
  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = !nginx.enable || nginx.hostName != null;
        message = "services.castellan.nginx.enable is set, but nginx has no name to serve. Set services.castellan.nginx.hostName to the name under which people open the page.";
      }
      {
        assertion = (nginx.tls.certificate == null) == (nginx.tls.key == null);
        message = "services.castellan.nginx.tls names a certificate without its key, or a key without its certificate. Set both certificate and key, or neither to get one by ACME.";
      }
      {
        assertion = !(nginx.enable && nginx.tls.acme && nginx.tls.certificate != null);
        message = "services.castellan.nginx.tls wants a certificate by ACME and names one as well. Set acme to false, or leave out certificate and key.";
      }
      {
        assertion = !nginx.enable || nginx.tls.acme || nginx.tls.certificate != null;
        message = "services.castellan.nginx.tls has neither ACME nor a certificate, and the page is served by TLS only. Set acme to true, or name certificate and key.";
      }
      {
        assertion = !cfg.openFirewall || nginx.enable;
        message = "services.castellan.openFirewall opens ports 80 and 443, but nothing listens there. Set services.castellan.nginx.hostName, or leave the firewall closed.";
      }
      {
        assertion = cfg.airlock.allow == [ ] || cfg.airlock.enable;
        message = "services.castellan.airlock.allow names destinations, but the airlock is off, so nothing reaches them. Set services.castellan.airlock.enable to true.";
      }
      {
        assertion = cfg.airlock.search == null || cfg.airlock.enable;
        message = "services.castellan.airlock.search names a search engine, but the airlock is off, so nothing reaches it. Set services.castellan.airlock.enable to true.";
      }
      {
        assertion = cfg.airlock.search == null || cfg.airlock.search.tor == null || (cfg.airlock.search.tor.cookieFile == null) != (cfg.airlock.search.tor.passwordFile == null);
        message = "services.castellan.airlock.search.tor needs either cookieFile or passwordFile, and not both: without one Tor does not say which circuit a question goes by.";
      }
      {
        assertion = cfg.engine.model == null || !lib.any (folder: lib.hasPrefix folder (toString cfg.engine.model)) [ "/home/" "/root/" "/run/user/" ];
        message = "services.castellan.engine.model is in a folder of a user, and the engine sees none of those. Put the model elsewhere, for example into /srv/models.";
      }
      {
        assertion = !lib.any (user: builtins.elem user [ "castellan-engine" "castellan-airlock" ]) cfg.agentUsers;
        message = "services.castellan.agentUsers names the engine's or the airlock's user. Neither may ask agentd for anything; take it out.";
      }
      {
        assertion = lib.length keys == lib.length (lib.unique keys);
        message = "services.castellan.operators has one public key under two names. A key is one person's; take one of them out.";
      }
      {
        assertion = cfg.defaultAgent == null || cfg.agents ? ${toString cfg.defaultAgent};
        message = "services.castellan.defaultAgent names an agent that services.castellan.agents does not have. Name one of those, or leave it out.";
      }
    ]
    ++ each cfg.agents (name: { engine, ... }: [
      {
        assertion = fitsAgentName name;
        message = "services.castellan.agents.\"${name}\" has a name that no agent can have. Use lower-case letters, digits and dashes, at most 32, a letter first.";
      }
      {
        assertion = engine.engine != "llama" || cfg.engine.enable;
        message = "services.castellan.agents.\"${name}\" thinks with the model on this host, and there is none. Set services.castellan.engine.enable to true, or give it another engine.";
      }
      {
        assertion = engine.engine == "llama" || cfg.airlock.enable;
        message = "services.castellan.agents.\"${name}\" thinks with a model elsewhere, and there is no way out. Set services.castellan.airlock.enable to true, or give it the model on this host.";
      }
    ])
    ++ each cfg.policy.files (name: { text, source }: [
      {
        assertion = lib.hasSuffix ".cedar" name || lib.hasSuffix ".test.json" name;
        message = "services.castellan.policy.files.\"${name}\" is neither a file of rules (.cedar) nor of their tests (.test.json), so agentd would not read it. Give it one of these endings.";
      }
      {
        assertion = (text == null) != (source == null);
        message = "services.castellan.policy.files.\"${name}\" needs either text or source, and not both.";
      }
    ])
    ++ each cfg.routines (name: routine: [
      {
        assertion = fitsAgentName name;
        message = "services.castellan.routines.\"${name}\" has a name that no routine can have. Use lower-case letters, digits and dashes, at most 32, a letter first.";
      }
      {
        assertion = (routine.cron == null) != (routine.everySeconds == null);
        message = "services.castellan.routines.\"${name}\" needs either cron or everySeconds, and not both: otherwise nobody knows when it runs.";
      }
      {
        assertion = routine.calls != [ ];
        message = "services.castellan.routines.\"${name}\" calls nothing. Name at least one tool in calls.";
      }
    ])
    ++ each cfg.watchers (name: watcher: [
      {
        assertion = fitsAgentName name;
        message = "services.castellan.watchers.\"${name}\" has a name that no watcher can have. Use lower-case letters, digits and dashes, at most 32, a letter first.";
      }
      {
        assertion = lib.all (step: (step.act == "restart") == (step.unit != null)) watcher.ladder;
        message = "services.castellan.watchers.\"${name}\" has a step that restarts no unit, or one that names a unit without restarting it. Give unit exactly to the steps with act = \"restart\".";
      }
    ])
    ++ each cfg.mcpServers (name: server: [
      {
        assertion = builtins.match "[a-z][a-z0-9]{0,23}" name != null;
        message = "services.castellan.mcpServers.\"${name}\" has a name that cannot go before the names of its tools. Use lower-case letters and digits, at most 24, a letter first.";
      }
      {
        assertion = server.command != [ ];
        message = "services.castellan.mcpServers.\"${name}\" has an empty command. Name the program that speaks MCP.";
      }
    ]);

    warnings =
      lib.optional cfg.agentd.settings.approvals.ownerToken
        "services.castellan.agentd.settings.approvals.ownerToken lets the owner's token approve calls. The gateway sees that token while a program uses it, so a gateway that was taken over could approve, too. Operators' keys and passkeys do not have that weakness."
      ++ lib.optional (!cfg.engine.enable && cfg.agents == { })
        "services.castellan.engine.enable is off and services.castellan.agents is empty, so the agent there is, main, has no model: chats answer to commands like /help alone. Describe an agent with another engine, or leave the engine on."
      ++ lib.optional (!cfg.egress.enforce)
        "services.castellan.egress.enforce is off: the kernel no longer keeps the gateway and the engine from opening connections past the airlock. Only the walls of their units do."
      ++ lib.optional (nginx.enable && !cfg.openFirewall && (config.networking.firewall.enable or true))
        "services.castellan.nginx serves ${toString nginx.hostName}, but the firewall keeps others out unless you opened ports 80 and 443 elsewhere. services.castellan.openFirewall opens them.";
  };
}
