# Switches this host under SafeSwitch before, or while, Castellan itself is not on it: an agentd of this run's own, from the
# package that is being installed, with its own state and ledger, keeps watch until the switch is decided.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

guard_unit=castellan-install-guard
guard_run=/run/castellan-install

# guarded_switch TOPLEVEL PROGRAMS REASON: PROGRAMS is a bin folder with castellan-agentd and agentctl. Ends the script with
# SafeSwitch's code unless the new system is committed; $on_not_switched names what to do where the old one runs.
guarded_switch() {
  guard_state=$work/guard
  for program in castellan-agentd agentctl; do
    [ -x "$2/$program" ] || fail "$exit_failed" "There is no $program in $2, and without it no switch under guard."
  done
  guard_code=0
  if is_done switch-begun; then
    # This script was ended while the switch was made, or the host was restarted; the guard goes on with it.
    start_guard "$2"
    "$2/agentctl" --state "$guard_state" switch wait || guard_code=$?
    # It was ended before there was one, or before that had changed anything.
    case $guard_code in 1 | 21) begin_switch "$@" ;; esac
  elif [ "$(readlink -f /run/current-system)" = "$1" ] && [ "$(readlink -f /nix/var/nix/profiles/system)" = "$1" ]; then
    say "    The new system runs already, and is what boots."
  else
    # Of earlier runs the last one is kept, for its ledger.
    stop_guard
    rm -rf "$guard_state.before"
    if [ -e "$guard_state" ]; then mv "$guard_state" "$guard_state.before"; fi
    start_guard "$2"
    printf 'switch-begun\n' >> "$work/journal"
    sync "$work/journal"
    begin_switch "$@"
  fi
  case $guard_code in
    0 | 22) stop_guard ;;
    130) told=yes; exit 130 ;;
    24) say "    Confirm it with: $2/agentctl --state $guard_state switch commit" ;;
    20 | 21)
      stop_guard
      "$on_not_switched"
      ;;
  esac
  [ "$guard_code" = 0 ] || switched_otherwise "$guard_code"
}

begin_switch() {
  guard_code=0
  "$2/agentctl" --state "$guard_state" switch begin "$1" --probation "$probation" --reason "$3" || guard_code=$?
}

start_guard() {
  if ! guard_lives; then
    mkdir -p "$guard_state" "$guard_run"
    chmod 700 "$guard_state" "$guard_run"
    write_down "$guard_state/run.json" "{\"url\":\"http://127.0.0.1:9\",\"tokenFile\":\"$guard_state/token\",\"agentSocket\":\"$guard_run/agent.sock\",\"operatorSocket\":\"$guard_run/operator.sock\",\"pid\":1}"
    systemctl reset-failed "$guard_unit.service" 2> /dev/null || true
    # Restarted where it is killed: the switch is in its journal, and it goes on there.
    systemd-run --quiet --collect --unit="$guard_unit" --property=Restart=on-failure --property=RestartSec=200ms \
      --setenv=CASTELLAN_STATE_DIR="$guard_state" --setenv=CASTELLAN_AGENT_SOCKET="$guard_run/agent.sock" \
      --setenv=CASTELLAN_OPERATOR_SOCKET="$guard_run/operator.sock" "$1/castellan-agentd"
  fi
  guard_tries=0
  until [ -S "$guard_run/operator.sock" ] && "$1/agentctl" --state "$guard_state" switch list > /dev/null 2>&1; do
    guard_tries=$((guard_tries + 1))
    [ "$guard_tries" -lt 120 ] || fail "$exit_failed" "SafeSwitch does not start: journalctl -u $guard_unit says why."
    sleep 0.25
  done
}

# It runs, or systemd is about to start it again after it was killed.
guard_lives() {
  while :; do
    case $(systemctl show --property=ActiveState --value "$guard_unit.service") in
      deactivating) sleep 0.1 ;;
      active | activating | reloading) return 0 ;;
      *) return 1 ;;
    esac
  done
}

stop_guard() {
  systemctl stop "$guard_unit.service" 2> /dev/null || true
  rm -rf "$guard_run"
}

switched_otherwise() {
  told=yes
  case $1 in
    20) note "The new system was not well and was taken back: the old one runs. What happened: $work/guard, and the journal." ;;
    21) note "SafeSwitch refused the new system before anything was changed." ;;
    22) note "The new system needs a restart of this host. Restart it, then run the same command again: it judges that boot." ;;
    23) note "The way back failed. Look at the host: systemctl --failed." ;;
    24) ;;
    *) fail "$exit_failed" "SafeSwitch could not be asked: journalctl -u $guard_unit says why. The same command goes on." ;;
  esac
  exit "$1"
}
