# The options of the module as data, for docs/options.md. Evaluated with our stand-in for nixpkgs' lib, so that it comes out the same
# everywhere: nix-instantiate --eval --strict --json --store dummy:// nix/options.nix
let
  lib = import ./tests/stand-in/lib;
  evaluated = import ./tests/evaluate.nix { inherit lib; };

  isOption = value: value._type or null == "option";
  nameOf = lib.concatMapStringsSep "." (part: part);

  # Nix values as Nix text, on one line where it is short.
  show = indent: value:
    let
      inner = "${indent}  ";
      block = open: items: close:
        let line = "${open} ${lib.concatStringsSep " " items} ${close}";
        in
        if items == [ ] then "${open} ${close}"
        else if builtins.stringLength line <= 100 && builtins.match ".*\n.*" line == null then line
        else "${open}\n${lib.concatMapStrings (item: "${inner}${item}\n") items}${indent}${close}";
      key = name: if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*" name == null then builtins.toJSON name else name;
    in
    if value._type or null == "literalExpression" then builtins.replaceStrings [ "\n" ] [ "\n${indent}" ] (trim value.text)
    else if builtins.isAttrs value then block "{" (lib.mapAttrsToList (name: item: "${key name} = ${show inner item};") value) "}"
    else if builtins.isList value then block "[" (map (show inner) value) "]"
    else if value == null then "null"
    else if builtins.isString value && builtins.match ".*\n.*" value != null then "''\n${lib.concatMapStrings (line: "${inner}${line}\n") (lib.splitString "\n" (trim value))}${indent}''"
    else builtins.toJSON value;
  trim = text: if lib.hasSuffix "\n" text then trim (lib.removeSuffix "\n" text) else text;

  shown = value: if value._type or null == "literalMD" then { markdown = value.text; } else { nix = show "" value; };

  entry = option: {
    name = nameOf option.loc;
    type = option.type.description;
    description = trim (option.description or "");
    default = if option ? defaultText then shown option.defaultText else if option ? default then shown option.default else null;
    example = if option ? example then shown option.example else null;
  };

  # An option and those of its submodules; or, for a set of options, all in it.
  list = value:
    if isOption value then [ (entry value) ] ++ listAll (removeAttrs (value.type.getSubOptions value.loc) [ "_module" ])
    else listAll value;
  listAll = set: lib.concatMap list (builtins.attrValues set);
in
listAll evaluated.options.services.castellan
