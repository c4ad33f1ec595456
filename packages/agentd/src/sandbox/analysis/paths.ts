import type { Word } from './script.ts'

/** Beside what is in the workspace these may be named: what every account of a Linux host may know. */
const publicPlaces = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/nix/store',
  '/run/current-system',
  '/tmp',
  '/var/log',
]
const publicFiles = new Set([
  '/dev/null',
  ...['os-release', 'hostname', 'hosts', 'passwd', 'group', 'localtime', 'resolv.conf'].map((name) => `/etc/${name}`),
  ...['cpuinfo', 'meminfo', 'loadavg', 'uptime', 'version', 'mounts', 'swaps', 'stat'].map((name) => `/proc/${name}`),
])
/** Where keys and tokens usually lie. */
const secretName =
  /^(\.ssh|\.gnupg|\.aws|\.kube|\.docker|\.netrc|\.npmrc|\.pgpass|\.env(\..*)?|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx|kdbx)|.*(secret|token|password|credential).*|shadow|environ)$/i

/** A pattern that file names like `.env` and `id_rsa` fit, and hardly any other reason to write it. */
const hiddenGlob = /^(\.[^/]*|id_[^/]*)[*?[]/i

/** Why a path should not be read without asking, or undefined. Nothing of it is looked up: paths are judged as written. */
export function pathProblem({ value, glob }: Word): string | undefined {
  if (value.startsWith('~')) return `${value} is in a home folder`
  const names = value.split('/')
  if (names.includes('..')) return `${value} climbs out of its folder`
  if (names.some((name) => secretName.test(name))) return `${value} looks like a secret`
  if (names.some((name) => hiddenGlob.test(name))) return `${value} may become a secret's name`
  if (glob && /^[-*?[]/.test(value)) return `${value} could become an option`
  if (!value.startsWith('/') || publicFiles.has(value.replace(/(.)\/+$/, '$1'))) return undefined
  if (publicPlaces.some((place) => value === place || value.startsWith(`${place}/`))) return undefined
  return `${value} is outside the workspace`
}
