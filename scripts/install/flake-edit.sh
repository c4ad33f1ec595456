# Adds Castellan to somebody's flake.nix, and takes it out again. Only shapes that are understood are edited, each line that
# is added carries the mark below, and what comes of it is evaluated before it is used: nothing here is trusted to be right.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

edit_mark='# castellan: added by install.sh'

# has_castellan FILE: whether it names Castellan already, by whatever hand.
has_castellan() { grep -q 'castellan' "$1"; }

# edit_flake FILE REFERENCE: 0 and the new text on standard output, or 1 where the shape is another one.
edit_flake() {
  awk -v reference="$2" -v mark="$edit_mark" '
    { lines[NR] = $0 }
    END {
      follows = 0
      for (i = 1; i <= NR; i++) {
        bare = lines[i]
        sub(/#.*/, "", bare)
        if (bare ~ /^[ \t]*inputs[ \t]*=[ \t]*\{/ && !inputs) inputs = i
        if (bare ~ /^[ \t]*inputs\.[A-Za-z0-9_-]+/ && !dotted) dotted = i
        if (bare ~ /(^|[ \t.{])nixpkgs([ \t]*=|\.url)/) follows = 1
        if (bare ~ /^[ \t]*outputs[ \t]*=/ && !outputs) outputs = i
        if (bare ~ /(^|[ \t{(])modules[ \t]*=[ \t]*\[/) { modules = i; count++ }
      }
      if (!outputs || count != 1) exit 1
      # Where its arguments begin: the first brace, or a plain name, after "outputs =".
      for (i = outputs; i <= NR && i <= outputs + 3; i++) {
        rest = lines[i]
        sub(/#.*/, "", rest)
        if (i == outputs) sub(/^[ \t]*outputs[ \t]*=/, "", rest)
        if (rest ~ /^[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*:/) {
          match(rest, /[A-Za-z_][A-Za-z0-9_]*/)
          name = substr(rest, RSTART, RLENGTH)
          break
        }
        if (rest ~ /\{/) { brace = i; break }
      }
      if ((!brace && name == "") || brace == modules || inputs == outputs || modules == outputs) exit 1
      from = name == "" ? "castellan" : name ".castellan"
      more = follows ? " inputs.nixpkgs.follows = \"nixpkgs\";" : ""
      entry = "castellan = { url = \"" reference "\";" more " }; " mark
      for (i = 1; i <= NR; i++) {
        if (i == dotted && !inputs) print "  inputs." entry
        if (i == outputs && !inputs && !dotted) print "  inputs." entry
        if (i == inputs) split_after(lines[i], "{", "    " entry)
        else if (i == brace) split_after(lines[i], i == outputs ? "outputs" : "", "    castellan, " mark)
        else if (i == modules) split_after(lines[i], "[", "          " from ".nixosModules.default ./castellan.nix " mark)
        else print lines[i]
      }
    }
    # Prints a line with another one put in after its first bracket: after that which follows "outputs" or "modules".
    function split_after(line, what, added,    at, head) {
      if (what == "[") { match(line, /modules[ \t]*=[ \t]*\[/); at = RSTART + RLENGTH - 1 }
      else if (what == "{") { match(line, /inputs[ \t]*=[ \t]*\{/); at = RSTART + RLENGTH - 1 }
      else at = index(line, "{")
      head = substr(line, 1, at)
      print head
      print added
      if (substr(line, at + 1) ~ /[^ \t]/) print "    " substr(line, at + 1)
    }
  ' "$1"
}

# clean_flake FILE: the same text without the lines that were added.
clean_flake() { grep -vF -- "$edit_mark" "$1"; }

# What to do where the shape of the flake is another one.
by_hand() {
  cat >&2 << HAND
Add these to flake.nix in $config_dir by hand, then nixos-rebuild switch:
  inputs.castellan = { url = "$1"; inputs.nixpkgs.follows = "nixpkgs"; };
  castellan            among the arguments of outputs
  castellan.nixosModules.default and { services.castellan.enable = true; }   among the modules of your host
HAND
}

# castellan_module: what is switched on, as a module of its own beside flake.nix.
castellan_module() {
  printf '%s\n' "$edit_mark. What can be set is in docs/options.md." '{' '  services.castellan.enable = true;'
  if [ -n "$domain" ]; then
    printf '%s\n' "  services.castellan.nginx.hostName = \"$domain\";" '  services.castellan.openFirewall = true;' \
      '  security.acme.acceptTerms = true;' "  security.acme.defaults.email = \"$email\";"
  fi
  printf '%s\n' '}'
}
