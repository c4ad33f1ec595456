# The module system: collects modules, merges what they declare and what they define.
lib:
let
  inherit (builtins) attrNames concatMap filter head isAttrs isPath isString length;
  inherit (lib) optional showDefs showFiles showOption;

  known = [ "_file" "key" "imports" "options" "config" "freeformType" ];

  # A module as { file, key, options, config, freeformType }, and after it the modules that it imports.
  load = args: file: module:
    let
      isFile = isPath module || isString module;
      here = if isFile then toString module else file;
      value = if isFile then import module else module;
      called = if lib.isFunction value then value (argumentsFor args here value) else value;
      origin = called._file or here;
      shorthand = !(called ? config || called ? options);
      unknown = filter (name: !builtins.elem name known) (attrNames called);
      self = {
        file = origin;
        key = if isFile then here else null;
        options = called.options or { };
        config = if shorthand then removeAttrs called known else called.config or { };
        freeformType = called.freeformType or null;
      };
    in
    if !isAttrs called then throw "The module ${here} is not an attribute set but ${builtins.typeOf called}."
    else if !shorthand && unknown != [ ] then throw "Module `${origin}' has an unsupported attribute `${head unknown}'. It has to be inside of `config'."
    else [ self ] ++ concatMap (load args origin) (called.imports or [ ]);

  argumentsFor = args: file: f:
    builtins.mapAttrs
      (name: hasDefault: args.${name} or (throw "The module ${file} asks for the argument `${name}', which there is not."))
      (lib.filterAttrs (name: hasDefault: !hasDefault || args ? ${name}) (lib.functionArgs f)) // lib.optionalAttrs (lib.functionArgs f == { }) args;

  # One file that is imported twice counts once.
  distinct = modules: (lib.foldl'
    (seen: module:
      if module.key != null && seen.keys ? ${module.key} then seen
      else {
        keys = seen.keys // lib.optionalAttrs (module.key != null) { ${module.key} = true; };
        list = seen.list ++ [ module ];
      })
    { keys = { }; list = [ ]; }
    modules).list;

  isOption = value: value._type or null == "option";

  # Properties of a set, handed on to what is in it. Gives plain sets.
  pushDown = value:
    let type = value._type or null;
    in
    if type == "merge" then concatMap pushDown value.contents
    else if type == "if" then map (builtins.mapAttrs (_: lib.mkIf value.condition)) (pushDown value.content)
    else if type == "override" then map (builtins.mapAttrs (_: lib.mkOverride value.priority)) (pushDown value.content)
    else if type == "order" then map (builtins.mapAttrs (_: lib.mkOrder value.priority)) (pushDown value.content)
    else [ value ];

  # Definitions without mkMerge and mkIf; those whose condition does not hold are gone.
  discharge = value:
    let type = value._type or null;
    in
    if type == "merge" then concatMap discharge value.contents
    else if type == "if" then (if value.condition then discharge value.content else [ ])
    else [ value ];

  strongest = defs:
    let
      priorityOf = def: if def.value._type or null == "override" then def.value.priority else 100;
      best = lib.foldl' (lowest: def: if priorityOf def < lowest then priorityOf def else lowest) 9999 defs;
      bare = def: if def.value._type or null == "override" then def // { value = def.value.content; } else def;
    in
    map bare (filter (def: priorityOf def == best) defs);

  ordered = defs:
    let
      placed = map (def: if def.value._type or null == "order" then def // { value = def.value.content; place = def.value.priority; } else def // { place = 1000; }) defs;
    in
    map (def: removeAttrs def [ "place" ]) (builtins.sort (a: b: a.place < b.place) placed);

  # What a few definitions of one option come to.
  mergeDefinitions = loc: type: defs:
    let
      discharged = concatMap (def: map (value: { inherit (def) file; inherit value; }) (discharge def.value)) defs;
      inForce = ordered (strongest discharged);
      wrong = filter (def: !type.check def.value) inForce;
    in
    {
      isDefined = inForce != [ ];
      files = map (def: def.file) inForce;
      value =
        if inForce == [ ] then type.emptyValue.value or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if wrong != [ ] then throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs wrong}"
        else type.merge loc inForce;
    };

  evalOption = loc: declaration: defs:
    let
      all = defs ++ optional (declaration ? default) { file = "the default"; value = lib.mkOptionDefault declaration.default; };
      result = mergeDefinitions loc declaration.type all;
    in
    declaration // {
      inherit loc;
      inherit (result) isDefined files;
      value = (declaration.apply or lib.id) (
        if (declaration.readOnly or false) && length (filter (def: def.file != "the default") (concatMap (def: map (_: def) (discharge def.value)) defs)) > 1
        then throw "The option `${showOption loc}' is read-only, but it is set multiple times."
        else result.value
      );
    };

  # Trees of declarations become one tree of options with their values; definitions of what is not declared are left over.
  evalTree = prefix: declarations: definitions:
    let
      pushed = concatMap (def: map (value: { inherit (def) file; value = requireSet prefix def.file value; }) (pushDown def.value)) definitions;
      names = lib.unique (concatMap (decl: attrNames decl.tree) declarations);
      definedNames = lib.unique (concatMap (def: attrNames def.value) pushed);
      at = name: {
        loc = prefix ++ [ name ];
        declared = concatMap (decl: optional (decl.tree ? ${name}) { inherit (decl) file; tree = decl.tree.${name}; }) declarations;
        defined = concatMap (def: optional (def.value ? ${name}) { inherit (def) file; value = def.value.${name}; }) pushed;
      };
      evaluate = name:
        let inherit (at name) loc declared defined;
        in
        if lib.all (decl: isOption decl.tree) declared then
          if length declared == 1
          then { option = evalOption loc (head declared).tree defined // { declarations = [ (head declared).file ]; }; left = [ ]; }
          else throw "The option `${showOption loc}' in `${(lib.last declared).file}' is already declared in ${showFiles (map (decl: decl.file) (lib.genList (builtins.elemAt declared) (length declared - 1)))}."
        else if lib.any (decl: isOption decl.tree) declared then throw "The option `${showOption loc}' is declared both as an option and as a set of options."
        else let inner = evalTree loc declared defined; in { option = inner.options; left = inner.left; };
      evaluated = lib.genAttrs names evaluate;
      unmatched = concatMap (name: lib.optionals (!builtins.elem name names) (map (def: def // { path = prefix ++ [ name ]; }) (at name).defined)) definedNames;
    in
    {
      options = builtins.mapAttrs (_: found: found.option) evaluated;
      left = unmatched ++ concatMap (name: evaluated.${name}.left) names;
    };

  requireSet = loc: file: value:
    if isAttrs value && !lib.isDerivation value then value
    else throw "The option `${showOption loc}' in `${file}' should be an attribute set, but it is ${builtins.typeOf value}.";

  valuesOf = builtins.mapAttrs (_: option: if isOption option then option.value else valuesOf option);

  isSomething = def: discharge def.value != [ ];

  evalModules = { modules, specialArgs ? { }, prefix ? [ ], args ? { } }:
    let
      internal = {
        _file = "the module system";
        options._module.args = lib.mkOption { type = lib.types.attrsOf lib.types.raw; internal = true; };
      };
      # Filled in lazily, so that a module may ask for what another one sets.
      available = { inherit lib config; options = evaluated.options; } // args // specialArgs;
      requested = config._module.args;
      arguments = builtins.mapAttrs (name: _: available.${name} or requested.${name})
        (available // { pkgs = null; });
      collected = distinct (concatMap (load arguments "<unknown file>") ([ internal ] ++ modules));
      evaluated = evalTree prefix
        (map (module: { inherit (module) file; tree = module.options; }) collected)
        # The last that was imported comes first, as in nixpkgs.
        (map (module: { inherit (module) file; value = module.config; }) (lib.reverseList collected));
      freeform = filter (type: type != null) (map (module: module.freeformType) collected);
      left = filter isSomething evaluated.left;
      declared = valuesOf evaluated.options;
      free =
        if freeform == [ ] then { }
        else (mergeDefinitions prefix (head freeform) (map (def: { inherit (def) file; value = lib.setAttrByPath (lib.genList (index: builtins.elemAt def.path (index + length prefix)) (length def.path - length prefix)) def.value; }) left)).value;
      config =
        if freeform == [ ] && left != [ ]
        then throw "The option `${showOption (head left).path}' does not exist. Definition values:${showDefs [ { inherit (head left) file value; } ]}"
        else lib.recursiveUpdate (if left == [ ] then { } else free) declared;
    in
    {
      inherit (evaluated) options;
      # Asking for a value without having been told of mistakes elsewhere would hide them.
      config = removeAttrs config [ "_module" ];
    };
in
{
  inherit evalModules mergeDefinitions pushDown;
}
