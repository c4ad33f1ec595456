/**
 * Programs for which "always" would say more than it seems to: what they run is in a file that can change, or in words
 * that they hand on. No standing rule is written for a command that starts one, however exact its arguments.
 */

const shells = 'sh bash dash ash zsh ksh mksh fish csh tcsh busybox toybox pwsh rbash xonsh nu elvish yash lksh rksh'
const interpreters =
  'python pypy perl ruby node nodejs deno bun php lua luajit tclsh wish expect r rscript julia java jshell groovy scala kotlin ' +
  'guile racket sbcl clisp ghci runghc ocaml elixir iex erl escript awk gawk mawk nawk sed bc dc m4 jq osascript gdb lldb ' +
  'sqlite3 psql mysql mariadb redis-cli mongosh ipython bpython tsx dotnet'
const wrappers =
  'sudo su doas pkexec run0 env nice ionice nohup timeout time stdbuf setsid setpriv prlimit chrt taskset unshare nsenter chroot ' +
  'bwrap firejail systemd-run systemd-nspawn systemd-inhibit systemd-cat systemd-socket-activate machinectl lxc-attach flock watch script scriptreplay ssh sshpass scp sftp rsync parallel xargs strace ltrace ' +
  'perf valgrind catchsegv ld.so ld-linux run-parts start-stop-daemon at batch crontab find fd fdfind entr inotifywait eval exec ' +
  'command builtin source . coproc trap alias function enable dbus-send busctl gdbus socat nc ncat netcat telnet sudoedit runuser sg ' +
  'newgrp setarch linux32 linux64 i386 x86_64 fakeroot fakechroot proot dbus-run-session dbus-launch xvfb-run gosu su-exec chpst ' +
  'setuidgid softlimit tini dumb-init catatonit chronic unbuffer rlwrap hyperfine watchexec nodemon pm2 foreman faketime tmux screen ' +
  'byobu logrotate anacron cron mail mailx autossh mosh dbclient rsh pdsh ansible puppet salt ' +
  'split tcpdump nmap openssl gpg ip modprobe insmod qemu mono wine'
const editors =
  'vi vim nvim ex ed view rvim rview vimdiff emacs emacsclient nano pico micro less more man most visudo vipw vigr'
const runners =
  'npm npx pnpm pnpx yarn yarnpkg corepack bunx pip pipx uv uvx poetry pdm conda mamba cargo rustup go gem bundle bundler rake ' +
  'composer mvn gradle ant sbt lein make gmake ninja meson cmake just task mage bazel buck scons tox nox pytest nix nix-shell ' +
  'nix-build nix-env nix-store nixos-rebuild home-manager apt apt-get dpkg dnf yum rpm pacman zypper apk snap flatpak brew port ' +
  'docker podman buildah nerdctl kubectl helm git hg svn tar zip unzip 7z cpio rg bsdtar gtar pax mvnw gradlew terraform ctr ' +
  'crictl runc crun k3s oc stack cabal dune opam bmake mix gcc cc g++ c++ clang tcc rustc javac swift zig nim crystal'

const unruly = new Set([shells, interpreters, wrappers, editors, runners].join(' ').split(' '))
/** What is not to be handed on either, to a program that nobody here knows. */
const handedOn = new Set(
  `${shells} ${interpreters} sudo su doas pkexec env xargs`.split(' ').filter((name) => name.length > 1),
)

/** Why no standing rule may be written for an argv, in words that follow "because"; undefined where one may. */
export function unrulyBecause(argv: readonly string[]): string | undefined {
  const [program = ''] = argv
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(program)) {
    return program.includes('/')
      ? `${shown(program)} is named by its path, and what lies there can change`
      : `${shown(program)} is no plain name of a program`
  }
  if (namesOf(program).some((name) => unruly.has(name))) {
    return `${shown(program)} runs what its files or arguments tell it to`
  }
  const other = argv.slice(1).find((word) => handedOn.has(nameIn(word)))
  return other === undefined ? undefined : `it hands ${shown(other)} to ${shown(program)}, which may run it`
}

/** `nc.openbsd`, `vim.basic`, `python3-dbg`, `original-awk`: what distributions put before or behind a name changes nothing. */
function namesOf(program: string): string[] {
  const pieces = program.split(/[.-]/)
  return [program.toLowerCase(), ...[program, pieces[0] ?? '', pieces.at(-1) ?? ''].map(plainName)]
}

/** The program that a word would name, were it one: `/usr/bin/python3.12` is python. */
function nameIn(word: string): string {
  return plainName(word.slice(word.lastIndexOf('/') + 1))
}

/** Without the version that distributions put behind the names of interpreters. */
function plainName(program: string): string {
  return program.toLowerCase().replace(/[-.]?\d[\d.-]*[mut]?$/, '')
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
