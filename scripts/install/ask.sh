# What a person is asked. Answers come from the terminal, or not at all.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# agree QUESTION: ends with exit_declined unless the answer is yes.
agree() {
  if [ "$yes" = yes ] || [ "$dry_run" = yes ]; then return 0; fi
  [ -t 0 ] || fail "$exit_declined" "Nobody is here to answer: $1 Say --yes to go on without being asked."
  printf '%s [y/N] ' "$1" >&2
  IFS= read -r agree_answer || agree_answer=''
  case $agree_answer in
    y | Y | yes | Yes) ;;
    *) fail "$exit_declined" "Nothing more was done." ;;
  esac
}

# type_name NAME WHAT: the name has to be typed, or given with --host-name, which is typing it.
type_name() {
  if [ "$dry_run" = yes ]; then return 0; fi
  if [ -n "$host_name" ]; then
    [ "$host_name" = "$1" ] || fail "$exit_declined" "This host is called $1, not $host_name. Nothing was done."
    return
  fi
  [ -t 0 ] || fail "$exit_declined" "Nobody is here to type the name of this host. Say --host-name $1 if you mean $2."
  printf 'Type the name of this host (%s) to go on: ' "$1" >&2
  IFS= read -r type_answer || type_answer=''
  [ "$type_answer" = "$1" ] || fail "$exit_declined" "That is not the name of this host. Nothing was done."
}

is_token() { matches "$1" 'cst_[A-Za-z0-9_-]{43}'; }

# read_token: the owner's token into $owner_token, from a file that is closed to others or from the terminal; empty where
# neither was asked for. It is never an argument of a command.
read_token() {
  owner_token=''
  if [ -n "$token_file" ]; then
    [ -f "$token_file" ] || usage_error "There is no file $(printable "$token_file")."
    # Mode and owner of the file itself, by find: stat(1) differs between systems.
    [ -n "$(find "$token_file" -prune -type f ! -perm /077)" ] || usage_error "Others can read $(printable "$token_file"). Make it private first: chmod 600."
    owner_token=$(cat "$token_file")
  elif [ "$ask_token" = yes ]; then
    [ -t 0 ] || usage_error "Nobody is here to type the owner's token. Say --token-file FILE."
    printf "The owner's token (not shown): " >&2
    stty -echo
    IFS= read -r owner_token || owner_token=''
    stty echo
    printf '\n' >&2
  else
    return 0
  fi
  is_token "$owner_token" || usage_error "That is no token: cst_ and 43 letters, digits, dashes or underscores."
}

# The state folder of the gateway's unit, where the owner's token lies (modules/lib/places.nix). systemd gives it to the gateway's user.
gateway_state=/var/lib/castellan-gateway

# keep_token FOLDER: writes it there, private, unless there is one. Not by a link that may lie there: the folder can be the gateway's.
keep_token() {
  [ -n "$owner_token" ] || return 0
  if [ -s "$1/token" ]; then
    [ "$(cat "$1/token")" = "$owner_token" ] || note "There is another owner's token in $1/token, and it stays: remove it first to use yours."
    return 0
  fi
  mkdir -p "$1"
  chmod 700 "$1"
  rm -f "$1/token.new"
  (umask 077 && set -C && printf '%s\n' "$owner_token" > "$1/token.new")
  chown --reference="$1" "$1/token.new"
  sync "$1/token.new"
  mv "$1/token.new" "$1/token"
}
