import { atMostPaths, type OperandsRule, type Rule } from '../options.ts'
import type { Word } from '../script.ts'

const checksum: Rule = { flags: 'bctz', long: 'check quiet status strict tag text binary', operands: 'paths' }

/** Files, folders, and the state of the machine. */
export const systemRules: Readonly<Record<string, Rule>> = {
  ls: {
    anyGlob: true,
    flags: 'aAlhtrSRd1FfikxnopqQBcguUXZGCmsLHvN',
    values: 'Iw',
    long: 'all almost-all human-readable recursive reverse size directory classify inode no-group numeric-uid-gid full-time group-directories-first si dereference',
    longOptional: 'color sort time time-style format hyperlink',
    operands: 'paths',
  },
  tree: { flags: 'adfilpsughDFNrtUC', values: 'LPI', long: 'dirsfirst noreport du prune', operands: 'paths' },
  stat: {
    anyGlob: true,
    flags: 'fLt',
    values: 'c',
    long: 'file-system dereference terse',
    longValues: 'format printf',
    operands: 'paths',
  },
  file: { flags: 'bihLkN', long: 'brief mime mime-type mime-encoding dereference', operands: 'paths' },
  du: {
    anyGlob: true,
    flags: 'abchHklLmsSx0D',
    values: 'dt',
    long: 'summarize human-readable all total bytes apparent-size one-file-system si',
    longValues: 'max-depth exclude threshold',
    operands: 'paths',
  },
  df: {
    flags: 'ahHiklPTm',
    values: 'tx',
    long: 'human-readable all inodes local print-type portability total si',
    longValues: 'type exclude-type',
    longOptional: 'output',
    operands: 'text',
  },
  readlink: { flags: 'femnqsvz', long: 'canonicalize', operands: 'paths' },
  realpath: { flags: 'emLPqsz', longValues: 'relative-to', operands: 'paths' },
  basename: { flags: 'az', values: 's', operands: 'text' },
  dirname: { flags: 'z', operands: 'text' },
  md5sum: checksum,
  sha1sum: checksum,
  sha224sum: checksum,
  sha256sum: checksum,
  sha384sum: checksum,
  sha512sum: checksum,
  b2sum: checksum,
  cksum: { operands: 'paths' },
  which: { flags: 'a', operands: 'text' },
  date: {
    flags: 'uR',
    values: 'd',
    long: 'utc universal rfc-email',
    longValues: 'date rfc-3339',
    longOptional: 'iso-8601',
    operands: datesOnly,
  },
  uptime: { flags: 'ps', long: 'pretty since', operands: 'none' },
  whoami: { operands: 'none' },
  id: { flags: 'gGnruz', long: 'user group groups name real', operands: 'text' },
  groups: { operands: 'text' },
  users: { operands: 'none' },
  who: { flags: 'abdHlmpqrstTu', operands: 'none' },
  w: { flags: 'hsfoi', operands: 'none' },
  uname: { flags: 'asnrvmpio', long: 'all kernel-name kernel-release machine', operands: 'none' },
  arch: { operands: 'none' },
  hostname: { flags: 'fsdAIi', long: 'fqdn short', operands: 'none' },
  nproc: { long: 'all', operands: 'none' },
  free: { flags: 'bkmghtwlv', values: 's', long: 'human mega giga total wide', operands: 'none' },
  vmstat: { flags: 'anstwd', operands: 'text' },
  lscpu: { flags: 'eJpaxy', long: 'json', operands: 'none' },
  lsblk: { flags: 'abdfilmpnrtJ', values: 'oIe', long: 'json fs all bytes', longValues: 'output', operands: 'none' },
  lsmod: { operands: 'none' },
  mount: { operands: 'none' },
  findmnt: { flags: 'AalrJn', values: 'to', long: 'json', operands: 'paths' },
  env: { operands: 'none' },
  printenv: { operands: 'text' },
  locale: { flags: 'a', operands: 'none' },
  cal: { flags: 'ymj31', operands: 'text' },
  ps: {
    values: 'opuCU',
    flags: 'AadefFlLjNTwxyHM',
    longValues: 'sort format pid ppid user',
    long: 'forest no-headers',
    operands: bsdOptions,
  },
  ss: { flags: 'tulnpaerosimxw046HOS', long: 'tcp udp listening numeric processes all summary', operands: 'none' },
  seq: { flags: 'w', values: 'sf', operands: 'text' },
  sleep: { operands: 'text' },
  true: { operands: 'text' },
  false: { operands: 'text' },
  ':': { operands: 'text' },
  echo: { flags: 'neE', operands: 'text' },
  printf: { operands: printfFormat },
  pwd: { flags: 'LP', operands: 'none' },
  cd: { operands: oneFolder },
  type: { flags: 'aptP', operands: 'text' },
  test: { flags: 'abcdefghkLnprsStuwxzGNO', operands: plainTest },
  zcat: { operands: 'paths' },
  gzip: { flags: 'lvt', long: 'list test', operands: listingOnly(['l', 't', 'list', 'test']) },
  unzip: { flags: 'lvZtq', operands: listingOnly(['l', 'v', 'Z', 't']) },
  lsattr: { flags: 'adlpRv', operands: 'paths' },
  getfacl: { flags: 'acedRLPtpn', operands: 'paths' },
  getent: { operands: getentDatabases },
  xz: { flags: 'lvt', long: 'list test', operands: listingOnly(['l', 't', 'list', 'test']) },
  nm: { flags: 'aCDgnru', operands: 'paths' },
  size: { flags: 'ABd', operands: 'paths' },
  ldconfig: {
    flags: 'pN',
    operands: (operands, seen) =>
      seen.has('p') && operands.length === 0 ? undefined : 'it makes the linker cache anew',
  },
  pgrep: { flags: 'aflvnoxcLi', values: 'uUgPtd', operands: 'text' },
  pidof: { flags: 's', operands: 'text' },
  pstree: { flags: 'acghlnpsTuU', operands: 'text' },
  lsof: { flags: 'nP', values: 'i', operands: 'none' },
}

/** A word without `+` in front sets the clock. */
function datesOnly(operands: readonly Word[]): string | undefined {
  if (operands.length > 1 || operands.some(({ glob }) => glob)) return 'date has words that are more than a format'
  return operands.every(({ value }) => value.startsWith('+')) ? undefined : 'it sets the clock'
}

/** `ps aux`: letters that change what is shown. */
function bsdOptions(operands: readonly Word[]): string | undefined {
  return operands.every(({ value }) => /^[aefgjlrSTuvwxHL]+$/.test(value))
    ? undefined
    : 'ps has words that are no options'
}

/** bash's own printf sets variables with %n. */
function printfFormat(operands: readonly Word[]): string | undefined {
  const [format] = operands
  if (format === undefined || operands.some(({ glob }) => glob)) return 'printf has no plain format'
  return /^(?:[^%]|%%|%[-0 +#]*\d*(?:\.\d+)?[sdiuoxXcfgeqb])*$/.test(format.value)
    ? undefined
    : 'its format does more than print'
}

function oneFolder(operands: readonly Word[]): string | undefined {
  const [folder, ...rest] = operands
  if (folder === undefined || rest.length > 0 || folder.glob || folder.value === '-')
    return 'where cd leads is not plain'
  return /^(?:\.|[\p{L}\p{N}_][^/]*(?:\/[^/]+)*\/?)$/u.test(folder.value) && !folder.value.split('/').includes('..')
    ? undefined
    : `${folder.value} is not plainly a folder of the workspace`
}

/** bash evaluates array subscripts in some of test's operands. */
function plainTest(operands: readonly Word[]): string | undefined {
  return operands.every(({ value, glob }) => !glob && /^(?:[\w./+-]+|=|!=|<|>)?$/.test(value))
    ? undefined
    : 'test has words that are not plain'
}

function getentDatabases(operands: readonly Word[]): string | undefined {
  const known = ['passwd', 'group', 'hosts', 'services', 'protocols']
  return known.includes(operands[0]?.value ?? '') ? undefined : 'getent reads more than public databases'
}

function listingOnly(needed: readonly string[]): OperandsRule {
  const onePath = atMostPaths(1)
  return (operands, seen) =>
    needed.some((option) => seen.has(option)) ? onePath(operands, seen) : 'it unpacks or packs files'
}
