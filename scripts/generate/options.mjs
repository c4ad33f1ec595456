// Writes docs/options.md out of the declarations in modules/options; `--check` only says whether it is in step. Needs nix.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bootstrap/root.mjs'

const page = join(root, 'docs', 'options.md')
const check = process.argv.includes('--check')

const nix = spawnSync(
  'nix-instantiate',
  ['--eval', '--strict', '--json', '--store', 'dummy://', join(root, 'nix', 'options.nix')],
  { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
)
if (nix.error?.code === 'ENOENT') {
  console.error('docs/options.md is made with nix, which is not on this machine (Debian package nix-bin).')
  // A machine without nix cannot have changed what it cannot evaluate; the one that CI runs on has it.
  process.exit(check ? 0 : 1)
}
if (nix.status !== 0) {
  console.error(nix.stderr)
  process.exit(1)
}

const text = pageOf(JSON.parse(nix.stdout))
if (!check) {
  writeFileSync(page, text)
} else if (text !== readIfThere()) {
  console.error('docs/options.md is out of step with modules/options. Run: node scripts/generate/options.mjs')
  process.exit(1)
}

function readIfThere() {
  try {
    return readFileSync(page, 'utf8')
  } catch {
    return undefined
  }
}

function pageOf(options) {
  const head = `# Options of the NixOS module

Generated from \`modules/options\` by \`node scripts/generate/options.mjs\`. [Castellan on NixOS](nixos.md) says how they go together.
What is not an option here is a key of a process's \`settings\`; the pages about that process name them.
`
  return `${head}\n${options.map(section).join('\n')}`
}

function section({ name, type, description, default: fallback, example }) {
  const lines = [`## ${name.replaceAll(/[<>*]/g, '\\$&')}`, '', prose(description), '', `*Type:* ${code(type)}`]
  if (fallback !== null) lines.push('', ...value('Default', fallback))
  if (example !== null) lines.push('', ...value('Example', example))
  return `${lines.join('\n')}\n`
}

function value(label, { nix: text, markdown }) {
  if (markdown !== undefined) return [`*${label}:* ${prose(markdown)}`]
  return text.includes('\n') ? [`*${label}:*`, '', '```nix', text, '```'] : [`*${label}:* ${code(text)}`]
}

/** The roles that NixOS writes before code, such as {option}`services.nginx`, mean nothing elsewhere. */
function prose(text) {
  return text.trim().replaceAll(/\{(?:option|file|command|env)\}(?=`)/g, '')
}

function code(text) {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text}${fence}`
}
