import type { Args } from './explicit.ts'
import type { Wants } from './wants.ts'

type Wordings = readonly (readonly [word: RegExp, value: string])[]

const PRIORITIES: Wordings = [
  [/\bemerg(?:ency|encies)?\b/, 'emerg'],
  [/\balerts?\b/, 'alert'],
  [/\bcrit(?:ical)?s?\b/, 'crit'],
  [/\berr(?:or)?s?\b/, 'err'],
  [/\bwarn(?:ing)?s?\b/, 'warning'],
  [/\bnotices?\b/, 'notice'],
  [/\binformational\b|\binfo[- ](?:messages?|lines?|level|entries|logs?)\b|-p info\b/, 'info'],
  [/\bdebug\b/, 'debug'],
]

/** Values with a word of their own. Only what the tool takes is looked for, and two values that are both named decide nothing. */
const CHOICES: Readonly<Record<string, Wordings>> = {
  protocol: [
    [/tcp/i, 'tcp'],
    [/udp/i, 'udp'],
  ],
  algorithm: [
    [/\bsha-?256/i, 'sha256'],
    [/\bsha-?512/i, 'sha512'],
    [/\bsha-?1(?:sum)?\b/i, 'sha1'],
    [/\bmd5/i, 'md5'],
    [/\bblake2|\bb2sum/i, 'blake2b512'],
  ],
  // "kill 4711" asks for an end, not for SIGKILL.
  signal: [
    [/\bsigkill\b|(?<!\S)-(?:9|kill)\b/i, 'KILL'],
    [/\bsigterm\b|(?<!\S)-(?:15|term)\b/i, 'TERM'],
    [/\b(?:sig)?hup\b|(?<!\S)-1\b/i, 'HUP'],
    [/\bsigint\b|(?<!\S)-int\b/i, 'INT'],
    [/\bsigquit\b|(?<!\S)-quit\b/i, 'QUIT'],
    [/\b(?:sig)?usr1\b/i, 'USR1'],
    [/\b(?:sig)?usr2\b/i, 'USR2'],
    [/\bsigstop\b|(?<!\S)-stop\b/i, 'STOP'],
    [/\bsigcont\b|(?<!\S)-cont\b/i, 'CONT'],
  ],
  family: [
    [/\bipv?4\b|(?<!\S)-4\b/i, '4'],
    [/\bipv?6\b|(?<!\S)-6\b/i, '6'],
  ],
  types: [
    [/\baaaa\b/i, 'AAAA'],
    [/\bA[- ]records?\b/, 'A'],
    [/\bcname\b/i, 'CNAME'],
    [/\bmx\b/i, 'MX'],
    [/(?<![.\w])txt\b/i, 'TXT'],
    [/(?<![.\w])ns\b(?!\.)/i, 'NS'],
    [/\bsoa\b/i, 'SOA'],
    [/\bsrv\b(?![/.])/i, 'SRV'],
    [/\bcaa\b/i, 'CAA'],
    [/\bptr\b|\breverse (?:dns|record|lookup)/i, 'PTR'],
  ],
  confirm: [
    [/\bboth\b/i, 'both'],
    [/\bhealth\b/i, 'health'],
    [
      /\b(?:confirm|approve|decide|commit|ok|okay) (?:it )?(?:myself|by hand)\b|\bmy (?:own )?(?:ok|okay|word|confirmation|go)\b/i,
      'operator',
    ],
  ],
  network: [
    [/\b(?:no|without(?: any)?|network[=: ]+none)(?: (?:network|internet))\b|\bnetwork[=: ]+none\b/i, 'none'],
    [/\bfull (?:network|internet)\b|\binternet access\b|\bnetwork[=: ]+full\b|\breach the internet\b/i, 'full'],
    [
      /\bonly (?:needs? (?:to reach )?)?(?:this|the) (?:machine|host)\b|\blocal(?:host)? (?:network )?only\b|\bnetwork[=: ]+local\b/i,
      'local',
    ],
  ],
  outcome: [
    [/\bfail(?:s|ed|ing|ures?)?\b|\b(?:did|do|does)(?: not|n't) pass\b/i, 'fail'],
    [/(?<!not |n't )\bpass(?:es|ed|ing)?\b/i, 'pass'],
    [
      /\bunknown\b|\bundetermined\b|\b(?:could not|couldn't|cannot|can't) be (?:determined|checked|read|told)\b/i,
      'unknown',
    ],
  ],
  state: [
    [/\bpending\b|\bunanswered\b|\bwaiting\b/i, 'pending'],
    [/\bapproved\b/i, 'approved'],
    [/\bdenied\b|\brejected\b/i, 'denied'],
    [/\bexpired?\b|\bran out\b|\btimed out\b/i, 'expired'],
    [/\bcontained\b/i, 'contained'],
    [/\bresolved\b/i, 'resolved'],
  ],
}

/** Arguments that are yes where the request says so. */
const FLAGS: Readonly<Record<string, RegExp>> = {
  contained: /(?<!not |n't |yet )\b(?:is|it's|now|mark(?:ed)?|as|and|,) ?(?:now )?contained\b/i,
  inPlace:
    /\bin[- ]place\b|\b(?:back )?(?:to )?where (?:it|they|everything) (?:was|were|came from|belongs?)\b|\boriginal (?:place|location|path)s?\b|\boverwrit\w+ (?:the )?(?:current|live|present|existing)\b/i,
}

/** The priority a request names; a word it looks for, or what the tool does anyway, is none. */
export function explicitPriority({ priority, grep }: Args, plain: string, wants: Wants): unknown {
  const said = PRIORITIES.filter(([word]) => word.test(plain.toLowerCase()))
  const [only] = said
  const chosen = priority === wants.byDefault('priority') ? undefined : priority
  if (only === undefined || said.length > 1 || !wants.takes('priority', only[1])) return chosen
  // "grep error in the log" looks for the word.
  if (typeof grep === 'string' && only[0].test(grep.toLowerCase())) return chosen
  return only[1] === wants.byDefault('priority') ? undefined : only[1]
}

/** Every choice that the request names and the tool takes. */
export function explicitChoices(plain: string, wants: Wants): Args {
  const chosen: Args = {}
  for (const [argument, wordings] of Object.entries(CHOICES)) {
    const said = wordings.filter(([word, value]) => wants.takes(argument, value) && word.test(plain))
    const [only] = said
    if (only === undefined) continue
    if (wants.takesList(argument)) chosen[argument] = said.map(([, value]) => value)
    else if (said.length === 1) chosen[argument] = only[1]
  }
  return chosen
}

export function explicitFlags(plain: string, wants: Wants): Args {
  const flags = Object.entries(FLAGS).filter(([argument, word]) => wants.takes(argument) && word.test(plain))
  return Object.fromEntries(flags.map(([argument]) => [argument, true]))
}
