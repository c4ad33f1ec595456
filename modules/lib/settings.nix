# A process's configuration, as a file of /etc that its unit is started with: a change of it restarts the unit.
{ lib }:
let
  # What is null was not said: the process has its own default.
  said = value:
    if builtins.isAttrs value then builtins.mapAttrs (_: said) (lib.filterAttrs (_: inner: inner != null) value)
    else if builtins.isList value then map said value
    else value;
in
name: settings:
let text = builtins.toJSON (said settings);
in
{
  environment.etc."castellan/${name}.json".text = text;
  systemd.services."castellan-${name}".restartTriggers = [ text ];
}
