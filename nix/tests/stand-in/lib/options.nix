# Declaring options, and the properties that definitions can have.
lib:
let
  property = _type: contents: contents // { inherit _type; };
in
rec {
  mkOption = declaration:
    let unknown = builtins.attrNames (removeAttrs declaration [ "type" "default" "defaultText" "example" "description" "apply" "internal" "visible" "readOnly" ]);
    in if unknown == [ ] then property "option" declaration else throw "mkOption does not know ${toString unknown}";

  mkEnableOption = name: mkOption {
    default = false;
    example = true;
    description = "Whether to enable ${name}.";
    type = lib.types.bool;
  };

  literalExpression = text: property "literalExpression" { inherit text; };
  literalMD = text: property "literalMD" { inherit text; };

  mkOptionType = { name, check ? _: true, ... }@type: {
    _type = "option-type";
    description = name;
    merge = mergeEqualOption;
    emptyValue = { };
    getSubOptions = _: { };
  } // type // { inherit check; };

  mkIf = condition: content: property "if" { inherit condition content; };
  mkMerge = contents: property "merge" { inherit contents; };
  mkOverride = priority: content: property "override" { inherit priority content; };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkOrder = priority: content: property "order" { inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;

  showOption = lib.concatMapStringsSep "." (part: if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*|\\*|<[^>]*>" part == null then builtins.toJSON part else part);
  showFiles = files: lib.concatMapStringsSep " and " (file: "`${file}'") files;
  showDefs = defs: lib.concatMapStrings ({ file, value }: "\n- In `${file}': ${builtins.toJSON (printable value)}") defs;

  # Only the outermost levels, so that showing a definition never evaluates a whole configuration.
  printable = value:
    if builtins.isFunction value then "<function>"
    else if lib.isDerivation value then "<derivation>"
    else if builtins.isAttrs value then builtins.mapAttrs (_: inner: if builtins.isAttrs inner || builtins.isList inner || builtins.isFunction inner then "…" else inner) value
    else if builtins.isPath value then toString value
    else value;

  mergeOneOption = loc: defs:
    if builtins.length defs == 1 then (builtins.head defs).value
    else throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.${showDefs defs}";

  mergeEqualOption = loc: defs:
    let first = (builtins.head defs).value;
    in if builtins.all (def: def.value == first) defs then first
    else throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}";
}
