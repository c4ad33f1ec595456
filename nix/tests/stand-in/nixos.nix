# A stand-in for the NixOS options that Castellan's module sets, typed like NixOS's own, and for what NixOS makes of them: unit files,
# nginx's configuration, the files of /etc. A throwaway host of another Linux runs what comes out.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };

  scalar = types.nullOr (types.oneOf [ types.bool types.int types.str types.path types.package ]);
  unitOptions = types.attrsOf (types.either (types.listOf (types.oneOf [ types.bool types.int types.str types.path types.package ])) scalar);
  names = option (types.listOf types.str) [ ];

  service = types.submodule {
    options = {
      enable = option types.bool true;
      description = option types.str "";
      documentation = names;
      wants = names;
      requires = names;
      bindsTo = names;
      partOf = names;
      before = names;
      after = names;
      wantedBy = names;
      requiredBy = names;
      restartTriggers = option (types.listOf types.anything) [ ];
      reloadTriggers = option (types.listOf types.anything) [ ];
      restartIfChanged = option types.bool true;
      reloadIfChanged = option types.bool false;
      stopIfChanged = option types.bool true;
      environment = option (types.attrsOf (types.nullOr (types.oneOf [ types.str types.path types.package ]))) { };
      path = option (types.listOf (types.oneOf [ types.package types.str ])) [ ];
      unitConfig = option unitOptions { };
      serviceConfig = option unitOptions { };
    };
  };

  location = types.submodule {
    options = {
      proxyPass = option (types.nullOr types.str) null;
      proxyWebsockets = option types.bool false;
      recommendedProxySettings = option types.bool false;
      extraConfig = option types.lines "";
    };
  };
  virtualHost = types.submodule ({ name, ... }: {
    options = {
      addSSL = option types.bool false;
      enableACME = option types.bool false;
      sslCertificate = option types.path "/var/lib/acme/${name}/fullchain.pem";
      sslCertificateKey = option types.path "/var/lib/acme/${name}/key.pem";
      extraConfig = option types.lines "";
      locations = option (types.attrsOf location) { };
    };
  });
in
{
  options = {
    assertions = option (types.listOf types.raw) [ ];
    warnings = option (types.listOf types.str) [ ];

    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = option (types.attrsOf (types.submodule ({ config, name, ... }: {
      options = {
        text = option (types.nullOr types.lines) null;
        mode = option types.str "symlink";
        source = mkOption { type = types.path; };
      };
      config.source = lib.mkIf (config.text != null) (lib.mkDefault (builtins.toFile (builtins.replaceStrings [ "/" ] [ "-" ] name) config.text));
    }))) { };

    users.users = option (types.attrsOf (types.submodule {
      options = {
        isSystemUser = option types.bool false;
        isNormalUser = option types.bool false;
        group = option types.str "users";
        extraGroups = names;
        openssh.authorizedKeys.keys = names;
        description = option types.str "";
      };
    })) { };
    users.groups = option (types.attrsOf (types.submodule { options.members = names; })) { };

    networking.hostName = option types.str "stand-in";
    networking.firewall.enable = option types.bool true;
    networking.firewall.allowedTCPPorts = option (types.listOf types.port) [ ];

    services.xserver.videoDrivers = option (types.listOf types.str) [ ];
    hardware.graphics.enable = option types.bool false;
    services.nginx.enable = option types.bool false;
    services.nginx.user = option types.str "www-data";
    services.nginx.group = option types.str "www-data";
    services.nginx.commonHttpConfig = option types.lines "";
    services.nginx.virtualHosts = option (types.attrsOf virtualHost) { };

    systemd.tmpfiles.rules = names;
    systemd.services = option (types.attrsOf service) { };

    # What comes of it.
    rendered = mkOption { type = types.attrsOf types.anything; readOnly = true; };
  };

  config.rendered = {
    units = lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.service" (import ./unit-text.nix { inherit lib pkgs; } unit)) config.systemd.services;
    wants = lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.service" { inherit (unit) wantedBy requiredBy; }) config.systemd.services;
    etc = lib.mapAttrs (_: file: if file.text != null then file.text else builtins.readFile file.source) config.environment.etc;
    # Those of them that are files of their own; the others are links to the store.
    copied = lib.attrNames (lib.filterAttrs (_: file: file.mode != "symlink") config.environment.etc);
    tmpfiles = lib.concatLines config.systemd.tmpfiles.rules;
    groups = lib.mapAttrs (_: group: group.members) config.users.groups;
    users = lib.mapAttrs (_: user: user.group) config.users.users;
    nginx = if config.services.nginx.enable then import ./nginx-text.nix { inherit lib; } config.services.nginx else null;
  };
}
