import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './root.mjs'

/**
 * What the tests want of a Debian host, as package → a command of it. On a machine of their own (`CI=true`, as root) missing
 * packages are installed; elsewhere they are named, and the tests that need them are skipped and say so.
 */
export function prepareHost(say) {
  const wanted = JSON.parse(readFileSync(join(root, 'scripts', 'debian-packages.json'), 'utf8'))
  const missing = Object.keys(wanted).filter((name) => !hasCommand(wanted[name]))
  if (missing.length === 0) return
  const mayInstall = process.env.CI === 'true' && process.getuid?.() === 0 && hasCommand('apt-get')
  if (!mayInstall) {
    say(
      `Not on this machine: ${missing.join(', ')}. Tests that need them are skipped. To have them: apt-get install ${missing.join(' ')}`,
    )
    return
  }
  say(`Installing ${missing.join(', ')}.`)
  apt(['update'])
  // One at a time, so that one that cannot be had does not keep the others away.
  for (const name of missing) {
    if (!apt(['install', '--no-install-recommends', '--yes', name]))
      say(`${name} could not be installed; its tests are skipped.`)
  }
}

/** Whether the root of throwaway hosts can be built and booted here. */
export function canBuildHosts() {
  return process.getuid?.() === 0 && ['debootstrap', 'systemd-nspawn', 'unshare'].every(hasCommand)
}

function apt(args) {
  const result = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return result.status === 0
}

function hasCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
