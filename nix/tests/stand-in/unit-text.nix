# A service as the text of its unit file, the way NixOS writes it (nixos/lib/systemd-lib.nix says what becomes of each option).
{ lib, pkgs }:
unit:
let
  word = value: if value == true then "true" else if value == false then "false" else toString value;
  line = name: value:
    if value == null then [ ]
    else if builtins.isList value then map (item: "${name}=${word item}") value
    else [ "${name}=${word value}" ];
  section = settings: lib.concatLists (lib.mapAttrsToList line settings);
  names = name: list: lib.optional (list != [ ]) "${name}=${lib.concatStringsSep " " list}";
  triggers = name: list: lib.optional (list != [ ]) "${name}=${builtins.hashString "sha256" (lib.concatMapStringsSep "\n" toString list)}";

  folders = unit.path ++ [ pkgs.coreutils pkgs.findutils pkgs.gnugrep pkgs.gnused pkgs.systemd ];
  environment = {
    LANG = "C.UTF-8";
    PATH = lib.concatStringsSep ":" (lib.unique (lib.concatMap (folder: [ "${folder}/bin" "${folder}/sbin" ]) folders));
  } // unit.environment;
  variable = name: value: "Environment=\"${name}=${lib.concatStringsSep "\\\"" (lib.splitString "\"" (toString value))}\"";
in
lib.concatLines (
  [ "[Unit]" ]
  ++ lib.optional (unit.description != "") "Description=${unit.description}"
  ++ names "Documentation" unit.documentation
  ++ names "Wants" unit.wants
  ++ names "Requires" unit.requires
  ++ names "BindsTo" unit.bindsTo
  ++ names "PartOf" unit.partOf
  ++ names "Before" unit.before
  ++ names "After" unit.after
  ++ triggers "X-Restart-Triggers" unit.restartTriggers
  ++ triggers "X-Reload-Triggers" unit.reloadTriggers
  ++ section unit.unitConfig
  ++ [ "" "[Service]" ]
  ++ lib.mapAttrsToList variable (lib.filterAttrs (_: value: value != null) environment)
  ++ lib.optional unit.reloadIfChanged "X-ReloadIfChanged=true"
  ++ lib.optional (!unit.reloadIfChanged && !unit.restartIfChanged) "X-RestartIfChanged=false"
  ++ section unit.serviceConfig
)
