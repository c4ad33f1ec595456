# Lists, strings and attribute sets.
let
  inherit (builtins) attrNames concatStringsSep concatMap elemAt filter foldl' genList isAttrs length listToAttrs match replaceStrings
    stringLength substring;
in
rec {
  inherit (builtins) attrValues any all elem head tail isList isString isBool isInt toJSON fromJSON functionArgs readFile pathExists
    removeAttrs intersectAttrs hasAttr split;
  inherit attrNames concatMap concatStringsSep filter foldl' isAttrs length listToAttrs genList;

  id = value: value;
  isFunction = value: builtins.isFunction value || (isAttrs value && value ? __functor);
  throwIf = condition: message: if condition then throw message else id;

  # Strings
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  hasSuffix = suffix: text:
    let rest = stringLength text - stringLength suffix;
    in rest >= 0 && substring rest (stringLength suffix) text == suffix;
  hasInfix = infix: text: length (builtins.split (escapeRegex infix) text) > 1;
  removePrefix = prefix: text: if hasPrefix prefix text then substring (stringLength prefix) (-1) text else text;
  removeSuffix = suffix: text:
    if hasSuffix suffix text then substring 0 (stringLength text - stringLength suffix) text else text;
  optionalString = condition: text: if condition then text else "";
  concatStrings = concatStringsSep "";
  concatLines = lines: concatStrings (map (line: "${line}\n") lines);
  concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
  concatMapStrings = f: list: concatStrings (map f list);
  boolToString = value: if value then "true" else "false";
  escapeRegex = replaceStrings [ "\\" "^" "$" "." "|" "?" "*" "+" "(" ")" "[" "{" "}" ] [ "\\\\" "\\^" "\\$" "\\." "\\|" "\\?" "\\*" "\\+" "\\(" "\\)" "\\[" "\\{" "\\}" ];
  escapeShellArg = text: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  splitString = separator: text: filter isStringValue (builtins.split (escapeRegex separator) text);
  isStringValue = builtins.isString;

  # Lists
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  unique = foldl' (found: value: if builtins.elem value found then found else found ++ [ value ]) [ ];
  last = list: elemAt list (length list - 1);
  concatLists = builtins.concatLists;
  reverseList = list: genList (index: elemAt list (length list - index - 1)) (length list);
  toList = value: if builtins.isList value then value else [ value ];

  # Attribute sets
  optionalAttrs = condition: set: if condition then set else { };
  nameValuePair = name: value: { inherit name value; };
  mapAttrs = builtins.mapAttrs;
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  filterAttrs = keep: set: listToAttrs (concatMap (name: optional (keep name set.${name}) (nameValuePair name set.${name})) (attrNames set));
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  attrByPath = path: fallback: set:
    if path == [ ] then set
    else if isAttrs set && set ? ${builtins.head path} then attrByPath (builtins.tail path) fallback set.${builtins.head path}
    else fallback;
  setAttrByPath = path: value: if path == [ ] then value else { ${builtins.head path} = setAttrByPath (builtins.tail path) value; };
  recursiveUpdate = left: right:
    left // builtins.mapAttrs (name: value: if isAttrs value && isAttrs (left.${name} or null) then recursiveUpdate left.${name} value else value) right;
  zipAttrsWith = builtins.zipAttrsWith;

  # Packages
  isDerivation = value: value.type or null == "derivation";
  getExe' = package: name: "${package}/bin/${name}";
  getExe = package: getExe' package (package.meta.mainProgram or (throw "getExe: ${package.name} does not say what its main program is"));

  # Flakes
  cleanSource = id;
  versionAtLeast = left: right: builtins.compareVersions left right >= 0;
}
