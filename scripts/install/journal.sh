# How far it came: steps that are done are on disk, so that the same command goes on after the last of them.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

work=/var/lib/castellan-install

# begin_run NAME INPUTS: takes the lock, and goes on with the run of that name where one was begun with the same inputs.
begin_run() {
  if [ "$dry_run" = yes ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    return 0
  fi
  mkdir -p "$work"
  chmod 700 "$work"
  has flock || refuse "The command flock is missing (Debian package util-linux)."
  exec 9> "$work/lock"
  flock -n 9 || fail "$exit_busy" "Another install.sh is at work on this host."
  trap ending EXIT
  trap 'told=yes; note "Interrupted. The same command goes on from here."; exit "$exit_interrupted"' INT TERM HUP
  if [ "$start_over" = yes ]; then rm -rf "$work/journal" "$work/inputs"; fi
  if [ -s "$work/journal" ] && [ "$(cat "$work/inputs")" != "$1 $2" ]; then
    fail "$exit_usage" "An earlier run with other options is not finished. Give it the same options to go on, or say --start-over."
  fi
  if [ -s "$work/journal" ]; then note "Going on after: $(tail -n 1 "$work/journal")."; fi
  write_down "$work/inputs" "$1 $2"
}

# A command in the middle of a step failed: said once, with the one code that stands for it.
ending() {
  ending_code=$?
  if [ "$ending_code" != 0 ] && [ "$told" = no ]; then
    note "This step failed. Put right what it said above, then run the same command again."
    exit "$exit_failed"
  fi
}

# write_down FILE TEXT: whole or not at all, and on disk.
write_down() {
  printf '%s\n' "$2" > "$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
  sync "$(dirname "$1")"
}

is_done() { [ -e "$work/journal" ] && grep -qxF -- "$1" "$work/journal"; }

step_number=0
# step NAME TOTAL SENTENCE COMMAND…: does it once. What is done already is not done again.
step() {
  step_name=$1 step_total=$2 step_sentence=$3
  shift 3
  step_number=$((step_number + 1))
  if is_done "$step_name"; then
    say "[$step_number/$step_total] $step_sentence (done before)"
    return 0
  fi
  say "[$step_number/$step_total] $step_sentence"
  if [ "$dry_run" = yes ]; then return 0; fi
  # Not in a condition: there the shell would go on past a command that fails.
  "$@"
  printf '%s\n' "$step_name" >> "$work/journal"
  sync "$work/journal"
}

# Everything is done: the next run begins anew. What it leaves behind is told by whoever calls this.
end_run() {
  [ "$dry_run" = yes ] || rm -f "$work/journal" "$work/inputs"
}
