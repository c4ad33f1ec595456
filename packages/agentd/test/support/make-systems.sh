#!/bin/sh
# Makes small NixOS-like systems in the store of the host it runs in, and prints NAME=PATH for each. A system has what SafeSwitch
# looks at: bin/switch-to-configuration, units, init-interface-version, perhaps switch-inhibitors.
set -eu
work=$(mktemp -d)

begin() { # name
  name=$1
  top=$work/nixos-system-$name
  mkdir -p "$top/bin" "$top/etc/systemd/system"
  echo 25.11 > "$top/nixos-version"
  echo 2 > "$top/init-interface-version"
  echo x86_64-linux > "$top/system"
  cat > "$top/bin/switch-to-configuration" << 'STC'
#!/bin/sh
# What NixOS's does, as far as tests need it: stop what goes or changed, link the units, start what is new or changed.
top=$(dirname "$(dirname "$(readlink -f "$0")")")
action=$1
units=/run/systemd/system
mkdir -p "$units" /run/nixos
exec 8> /run/nixos/switch-to-configuration.lock
flock 8
if [ "$action" = switch ] || [ "$action" = boot ]; then
  if [ -e "$top/boot-fails" ]; then echo "the boot loader cannot be written" >&2; exit 1; fi
  echo "$top" > /nix/var/boot-loader
  [ "$action" = switch ] || exit 0
fi
if [ -e "$top/activate" ]; then sh "$top/activate" 8>&- || exit $?; fi
status=0
old=$(readlink -f /run/current-system)
for path in "$old"/etc/systemd/system/*; do
  unit=${path##*/}
  cmp -s "$path" "$top/etc/systemd/system/$unit" && continue
  systemctl stop "$unit" 8>&-
  rm -f "$units/$unit"
done
changed=
for path in "$top"/etc/systemd/system/*; do
  unit=${path##*/}
  cmp -s "$path" "$units/$unit" && systemctl is-active --quiet "$unit" && continue
  cp "$path" "$units/$unit"
  changed="$changed $unit"
done
ln -sfn "$top" /run/current-system.new && mv -T /run/current-system.new /run/current-system
systemctl daemon-reload 8>&-
for unit in $changed; do
  systemctl reset-failed "$unit" 2> /dev/null
  systemctl start "$unit" 8>&- || { echo "warning: $unit failed to start" >&2; status=4; }
done
exit $status
STC
  chmod +x "$top/bin/switch-to-configuration"
  unit steady "ExecStart=/bin/sleep infinity"
}

unit() { # name lines...
  file=$top/etc/systemd/system/$1.service
  shift
  { echo "[Service]"; for line in "$@"; do echo "$line"; done; } > "$file"
}

finish() {
  echo "$name=$(nix-store --add "$top")"
}

# The network is a unit, too: it sets the container's interface up, with an address and a default route, or down.
network() {
  unit net "Type=oneshot" "RemainAfterExit=yes" "ExecStart=/usr/bin/networkctl $1 host0" "ExecStart=$2"
}

# A boot loader that can boot an entry just once, as systemd-boot can: bootctl(1) as far as SafeSwitch asks it.
bootctl() {
  mkdir -p "$top/sw/bin"
  cat > "$top/sw/bin/bootctl" << 'BOOTCTL'
#!/bin/sh
case $1 in
list) for link in /nix/var/nix/profiles/system-*-link; do number=${link##*/system-}; echo "id: nixos-generation-${number%-link}.conf"; done ;;
set-default) echo "$2" > /nix/var/boot-default ;;
set-oneshot) echo "$2" > /nix/var/boot-once ;;
esac
BOOTCTL
  chmod +x "$top/sw/bin/bootctl"
}

begin old; bootctl; unit web "ExecStart=/bin/sleep 9999"; network up '/usr/bin/networkctl reconfigure host0'; finish
begin good; unit web "ExecStart=/bin/sleep 8888"; network up '/usr/bin/networkctl reconfigure host0'; finish
begin fails; unit web "ExecStart=/bin/false"; network up '/usr/bin/networkctl reconfigure host0'; finish
begin loops; unit web "ExecStart=/bin/sh -c 'sleep 0.7; exit 1'" "Restart=always" "RestartSec=100ms"; network up '/usr/bin/networkctl reconfigure host0'; finish
begin loops-late; unit web "ExecStart=/bin/sh -c 'sleep 20; exit 1'" "Restart=always" "RestartSec=100ms"; network up '/usr/bin/networkctl reconfigure host0'; finish
begin offline; unit web "ExecStart=/bin/sleep 9999"; network down /bin/true; finish
begin exits; unit web "ExecStart=/bin/sleep 7777"; network up '/usr/bin/networkctl reconfigure host0'; echo 'echo "activation went wrong" >&2; exit 1' > "$top/activate"; finish
begin hangs; unit web "ExecStart=/bin/sleep 7777"; network up '/usr/bin/networkctl reconfigure host0'; echo 'sleep 600' > "$top/activate"; finish
begin reboots; unit web "ExecStart=/bin/sleep 6666"; network up '/usr/bin/networkctl reconfigure host0'; echo '{"kernel-abi":"2"}' > "$top/switch-inhibitors"; finish
begin counted; bootctl; unit web "ExecStart=/bin/sleep 4444"; network up '/usr/bin/networkctl reconfigure host0'; echo '{"kernel-abi":"4"}' > "$top/switch-inhibitors"; finish
begin reboots-bad; unit web "ExecStart=/bin/false"; network up '/usr/bin/networkctl reconfigure host0'; echo '{"kernel-abi":"3"}' > "$top/switch-inhibitors"; finish
begin unbootable; unit web "ExecStart=/bin/sleep 5555"; network up '/usr/bin/networkctl reconfigure host0'; : > "$top/boot-fails"; finish
rm -rf "$work"
