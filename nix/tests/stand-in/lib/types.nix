# Option types.
lib:
let
  inherit (lib) mkOptionType mergeEqualOption mergeOneOption showOption;

  optionDescriptionPhrase = type: if type.isComposed or false then "(${type.description})" else type.description;

  # The values of one key, out of definitions that are sets.
  valuesOf = name: builtins.concatMap (def: lib.optional (def.value ? ${name}) { inherit (def) file; value = def.value.${name}; });

  number = name: description: check: mkOptionType { inherit name description check; };
  between = low: high: number "intBetween" "integer between ${toString low} and ${toString high} (both inclusive)" (value: builtins.isInt value && value >= low && value <= high);

  text = name: description: check: mkOptionType {
    inherit name description;
    check = value: builtins.isString value && check value;
  };
in
rec {
  bool = mkOptionType { name = "bool"; description = "boolean"; check = builtins.isBool; };
  int = number "int" "signed integer" builtins.isInt;
  float = number "float" "floating point number" builtins.isFloat;
  port = number "port" "16 bit unsigned integer; between 0 and 65535 (both inclusive)" (value: builtins.isInt value && value >= 0 && value <= 65535);
  ints = {
    inherit between;
    unsigned = number "unsignedInt" "unsigned integer, meaning >=0" (value: builtins.isInt value && value >= 0);
    positive = number "positiveInt" "positive integer, meaning >0" (value: builtins.isInt value && value > 0);
  };

  str = text "str" "string" (_: true);
  nonEmptyStr = text "nonEmptyStr" "non-empty string" (value: builtins.match "[ \t\n]*" value == null);
  strMatching = pattern: text "strMatching" "string matching the pattern ${pattern}" (value: builtins.match pattern value != null);
  separatedString = separator: (text "separatedString" "strings concatenated with ${builtins.toJSON separator}" (_: true)) // {
    merge = _: defs: lib.concatMapStringsSep separator (def: def.value) defs;
  };
  lines = separatedString "\n";
  path = mkOptionType {
    name = "path";
    description = "absolute path";
    check = value: (builtins.isPath value || builtins.isString value || value ? outPath) && lib.hasPrefix "/" "${toString value}";
  };
  package = mkOptionType {
    name = "package";
    description = "package";
    check = value: lib.isDerivation value || (builtins.isString value && lib.hasPrefix builtins.storeDir value);
    merge = mergeOneOption;
  };
  anything = mkOptionType { name = "anything"; description = "anything"; };
  raw = mkOptionType { name = "raw"; description = "raw value"; merge = mergeOneOption; };

  enum = values: mkOptionType {
    name = "enum";
    description = "one of ${lib.concatMapStringsSep ", " builtins.toJSON values}";
    isComposed = true;
    check = value: builtins.elem value values;
  };

  nullOr = type: mkOptionType {
    name = "nullOr";
    description = "null or ${optionDescriptionPhrase type}";
    isComposed = true;
    check = value: value == null || type.check value;
    emptyValue.value = null;
    inherit (type) getSubOptions;
    merge = loc: defs:
      let nulls = builtins.filter (def: def.value == null) defs;
      in if nulls == [ ] then type.merge loc defs
      else if builtins.length nulls == builtins.length defs then null
      else throw "The option `${showOption loc}' is defined both null and not null, in ${lib.showFiles (map (def: def.file) defs)}.";
  };

  either = left: right: mkOptionType {
    name = "either";
    description = "${optionDescriptionPhrase left} or ${optionDescriptionPhrase right}";
    isComposed = true;
    check = value: left.check value || right.check value;
    merge = loc: defs:
      if builtins.all (def: left.check def.value) defs then left.merge loc defs
      else if builtins.all (def: right.check def.value) defs then right.merge loc defs
      else mergeEqualOption loc defs;
  };
  oneOf = types: lib.foldl' either (builtins.head types) (builtins.tail types);

  listOf = type: mkOptionType {
    name = "listOf";
    description = "list of ${optionDescriptionPhrase type}";
    isComposed = true;
    check = builtins.isList;
    emptyValue.value = [ ];
    getSubOptions = prefix: type.getSubOptions (prefix ++ [ "*" ]);
    merge = loc: defs:
      let
        elements = builtins.concatMap (def: map (value: { inherit (def) file; inherit value; }) def.value) defs;
        evaluated = lib.genList
          (index: lib.mergeDefinitions (loc ++ [ "[definition ${toString (index + 1)}]" ]) type [ (builtins.elemAt elements index) ])
          (builtins.length elements);
      in
      map (result: result.value) (builtins.filter (result: result.isDefined) evaluated);
  };

  attrsOf = type: mkOptionType {
    name = "attrsOf";
    description = "attribute set of ${optionDescriptionPhrase type}";
    isComposed = true;
    check = value: builtins.isAttrs value && !lib.isDerivation value;
    emptyValue.value = { };
    getSubOptions = prefix: type.getSubOptions (prefix ++ [ "<name>" ]);
    merge = loc: defs:
      let
        pushed = builtins.concatMap (def: map (value: { inherit (def) file; inherit value; }) (lib.pushDown def.value)) defs;
        names = lib.unique (builtins.concatMap (def: builtins.attrNames def.value) pushed);
        evaluated = lib.genAttrs names (name: lib.mergeDefinitions (loc ++ [ name ]) type (valuesOf name pushed));
      in
      builtins.mapAttrs (_: result: result.value) (lib.filterAttrs (_: result: result.isDefined) evaluated);
  };

  submodule = module: submoduleWith { modules = lib.toList module; };
  submoduleWith = { modules, specialArgs ? { } }: mkOptionType {
    name = "submodule";
    description = "submodule";
    check = value: builtins.isAttrs value || builtins.isFunction value || builtins.isPath value;
    emptyValue.value = { };
    getSubOptions = prefix: (lib.evalModules { inherit modules specialArgs prefix; args.name = lib.last prefix; }).options;
    merge = loc: defs: (lib.evalModules {
      inherit specialArgs;
      modules = modules ++ map (def: { _file = def.file; imports = [ (if builtins.isAttrs def.value then { config = def.value; } else def.value) ]; }) defs;
      prefix = loc;
      args.name = lib.last loc;
    }).config;
  };
}
