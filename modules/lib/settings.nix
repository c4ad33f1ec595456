# A process's configuration, as a file of /etc that its unit is started with: a change of it restarts the unit. `theirs` is what the owner
# wrote under `settings`, `ours` what other options say; a key that both say is refused, because one would be ignored.
{ lib }:
let
  # What is null was not said: the process has its own default. Under `args` it was: that is what a tool is called with, word for word.
  said = value:
    if builtins.isAttrs value then builtins.mapAttrs (name: inner: if name == "args" then inner else said inner) (lib.filterAttrs (_: inner: inner != null) value)
    else if builtins.isList value then map said value
    else value;

  twice = path: left: right:
    if builtins.isAttrs left && builtins.isAttrs right
    then lib.concatMap (name: twice (path ++ [ name ]) left.${name} right.${name}) (builtins.attrNames (builtins.intersectAttrs left right))
    else [ (lib.concatStringsSep "." path) ];
in
name: theirs: ours:
let
  both = twice [ ] (said theirs) (said ours);
  text = builtins.toJSON (lib.recursiveUpdate (said theirs) (said ours));
in
{
  assertions = map
    (key: {
      assertion = false;
      message = "services.castellan.${name}.settings.${key} is said by another option of the module, or decided by it, and would be ignored. Take it out of settings.";
    })
    both;
  environment.etc."castellan/${name}.json".text = text;
  systemd.services."castellan-${name}".restartTriggers = [ text ];
}
