import type { Report, Span } from '../finding.ts'
import { looksDrawn } from '../words.ts'

const MAX_LENGTH = 1024

/** The form of a provider's keys: how they begin, and the whole of one. */
interface Form {
  readonly kind: string
  readonly begins: readonly string[]
  readonly whole: RegExp
}

/**
 * Forms of keys as their providers publish them for secret scanning (GitHub, "Supported secret scanning patterns"; the providers' own
 * documentation). What is meant to be public, such as publishable keys, is not here.
 */
const FORMS: readonly Form[] = [
  form('castellan_token', ['cst_'], /cst_[\w-]{43}/),
  form('castellan_capability', ['cap_'], /cap_[\w-]{40,}/),
  form('anthropic_key', ['sk-ant-'], /sk-ant-[a-z]{2,8}\d{2}-[\w-]{20,}|sk-ant-[\w-]{24,}/),
  form('openrouter_key', ['sk-or-'], /sk-or-v1-[0-9a-f]{40,}/),
  form('openai_key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-'], /sk-(?:proj|svcacct|admin|None)-[\w-]{20,}/),
  form('openai_key', ['sk-'], /sk-(?=[A-Za-z]{0,64}\d)[A-Za-z0-9]{20,}(?![\w-])|sk-(?=[A-Za-z_-]{0,64}\d)[\w-]{40,}/),
  form('aws_key_id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], /A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])/),
  form('aws_session_token', ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz'], /(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/=]{80,}/),
  form('github_token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], /gh[pousr]_[A-Za-z0-9]{30,255}/),
  form('github_token', ['github_pat_'], /github_pat_\w{36,255}/),
  form(
    'gitlab_token',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glsoat-', 'GR1348941'],
    /(?:gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-|GR1348941)[\w.-]{20,}/,
  ),
  form(
    'slack_token',
    ['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-'],
    /xox[a-eoprs][.-][\w%.-]{16,}/,
  ),
  form('slack_token', ['xapp-'], /xapp-\d-[A-Za-z0-9-]{20,}/),
  form(
    'slack_webhook',
    ['hooks.slack.com/'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/_-]{20,}/,
  ),
  form('discord_webhook', ['discord.com/api/webhooks/'], /discord\.com\/api\/webhooks\/\d{15,}\/[\w-]{40,}/),
  form(
    'stripe_key',
    ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    /(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{16,}/,
  ),
  form('google_key', ['AIza'], /AIza[\w-]{35}(?![\w-])/),
  form('google_oauth', ['GOCSPX-', 'ya29.', '1//0'], /GOCSPX-[\w-]{28}|ya29\.[\w.-]{30,}|1\/\/0[\w-]{35,}/),
  form('twilio_key', ['SK', 'AC'], /(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])/),
  form('sendgrid_key', ['SG.'], /SG\.[\w-]{16,32}\.[\w-]{32,64}/),
  form('mailgun_key', ['key-'], /key-[0-9a-f]{32}(?![A-Za-z0-9])/),
  form('mailchimp_key', [], /[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/),
  form('npm_token', ['npm_'], /npm_[A-Za-z0-9]{36}/),
  form('pypi_token', ['pypi-'], /pypi-(?:AgEI|AgEN)[\w-]{40,}|pypi-(?=[a-z-]{0,64}[A-Z0-9])[\w-]{60,}/),
  form('huggingface_token', ['hf_', 'api_org_'], /(?:hf|api_org)_[A-Za-z0-9]{30,}/),
  form('rubygems_key', ['rubygems_'], /rubygems_[0-9a-f]{48}/),
  form('crates_token', ['cio'], /cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/),
  form('docker_token', ['dckr_pat_', 'dckr_oat_'], /dckr_[po]at_[\w-]{27,}/),
  form('telegram_token', [], /\d{8,10}:AA[\w-]{33}(?![\w-])/),
  form('discord_token', [], /[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])/),
  form('digitalocean_token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], /do[opr]_v1_[0-9a-f]{64}/),
  form('tailscale_key', ['tskey-'], /tskey-[a-z]+-[A-Za-z0-9-]{16,}/),
  form('vault_token', ['hvs.', 'hvb.', 'hvr.'], /hv[sbr]\.[\w-]{24,}/),
  form('terraform_token', [], /[A-Za-z0-9]{14}\.atlasv1\.[\w-]{50,}/),
  form('grafana_token', ['glsa_', 'glc_'], /glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,}/),
  form('databricks_token', ['dapi'], /dapi[0-9a-f]{32}(?![A-Za-z0-9])/),
  form('shopify_token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/),
  form('square_token', ['sq0atp-', 'sq0csp-', 'EAAA'], /sq0(?:atp|csp)-[\w-]{22,}|EAAA[\w+=-]{60,}/),
  form('linear_key', ['lin_api_'], /lin_api_[A-Za-z0-9]{32,}/),
  form('notion_token', ['ntn_', 'secret_'], /ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])/),
  form('groq_key', ['gsk_'], /gsk_[A-Za-z0-9]{40,}/),
  form('xai_key', ['xai-'], /xai-[A-Za-z0-9]{60,}/),
  form('perplexity_key', ['pplx-'], /pplx-[A-Za-z0-9]{40,}/),
  form('replicate_token', ['r8_'], /r8_[A-Za-z0-9]{37}/),
  form('atlassian_token', ['ATATT3', 'ATCTT3', 'ATBB'], /ATATT3[\w=-]{80,}|ATCTT3[\w=-]{80,}|ATBB[A-Za-z0-9]{32}/),
  form('postman_key', ['PMAK-'], /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/),
  form('pulumi_token', ['pul-'], /pul-[0-9a-f]{40}/),
  form('planetscale_token', ['pscale_'], /pscale_(?:tkn|pw|oauth)_[\w.-]{32,}/),
  form('newrelic_key', ['NRAK-', 'NRRA-'], /NR(?:AK|RA)-[A-Z0-9]{27,}/),
  form('sentry_token', ['sntrys_', 'sntryu_'], /sntry[su]_[A-Za-z0-9+/=_]{40,}/),
  form('cloudflare_key', ['v1.0-'], /v1\.0-[0-9a-f]{24}-[0-9a-f]{146}/),
  form(
    'age_key',
    ['AGE-SECRET-KEY-1', 'AGE-PLUGIN-'],
    /AGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]+)-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{40,}/,
  ),
  form('nostr_key', ['nsec1'], /nsec1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58}/),
  form('azure_key', ['AccountKey=', 'SharedAccessKey='], /(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}/),
  form('nix_signing_key', [], /[\w.-]+-\d+:[A-Za-z0-9+/]{86}==/),
]

const BY_BEGINNING = new Map<string, Form[]>()
for (const each of FORMS)
  for (const begin of each.begins) BY_BEGINNING.set(begin, [...(BY_BEGINNING.get(begin) ?? []), each])
const BEGINNINGS = new RegExp(
  `(?<![A-Za-z0-9])(?:${[...BY_BEGINNING.keys()]
    .sort((left, right) => right.length - left.length)
    .map(literal)
    .join('|')})`,
  'g',
)
/** Forms without a beginning of their own are looked for where their middle shows. */
const BY_MIDDLE: readonly { readonly shows: RegExp; readonly form: Form }[] = FORMS.filter(
  ({ begins }) => begins.length === 0,
).map((each) => ({ shows: new RegExp(`(?<![A-Za-z0-9])(?:${each.whole.source})`, 'g'), form: each }))

/** Shorter words hold no key. */
const MIN_KEY = 19
const MAX_WORD = 4096

/** Keys of providers, by their forms, in the long words of a text. */
export function findKeys(text: string, words: readonly Span[], report: Report): void {
  for (const { start: begin, end } of words) {
    if (end - begin < MIN_KEY) continue
    const whole = text.slice(begin, end)
    BEGINNINGS.lastIndex = 0
    for (let found = BEGINNINGS.exec(whole); found !== null; found = BEGINNINGS.exec(whole)) {
      const match = longest(BY_BEGINNING.get(found[0]) ?? [], whole, found.index)
      if (match === undefined) continue
      report({ class: 'credential', kind: match.kind, start: begin + found.index, end: begin + match.end })
      BEGINNINGS.lastIndex = match.end
    }
    // What is longer is data: forms without a beginning of their own are not looked for there.
    if (whole.length > MAX_WORD || !/[.:-]/.test(whole)) continue
    for (const { shows, form: each } of BY_MIDDLE) {
      for (const match of whole.matchAll(shows)) {
        if (!looksDrawn(match[0])) continue
        const start = begin + match.index
        report({ class: 'credential', kind: each.kind, start, end: start + match[0].length })
      }
    }
  }
}

function longest(
  forms: readonly Form[],
  text: string,
  at: number,
): { readonly kind: string; readonly end: number } | undefined {
  let best: { readonly kind: string; readonly end: number } | undefined
  for (const { kind, whole, begins } of forms) {
    whole.lastIndex = at
    const [match] = whole.exec(text) ?? []
    const begin = begins.find((each) => match?.startsWith(each)) ?? ''
    if (match === undefined || !looksDrawn(match.slice(begin.length))) continue
    if (best === undefined || at + match.length > best.end) best = { kind, end: at + match.length }
  }
  return best
}

/**
 * Keys that somebody took apart, turned round or shifted: only forms whose beginning leaves no doubt, because what is looked at here
 * has lost its spaces.
 */
export function findCertainKeys(text: string): string | undefined {
  if (!CERTAIN_BEGINS.test(text)) return undefined
  return CERTAIN.find(({ whole }) => [...text.matchAll(whole)].some(([match]) => isMixed(match)))?.kind
}

const CERTAIN_BEGINS =
  /sk-(?:ant|proj|svcacct)-|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[bp]-|[sr]k_live_|AIza|npm_|hf_|cst_|AGE-SECRET/
const CERTAIN = [
  { kind: 'anthropic_key', whole: /sk-ant-[a-z]{2,8}\d{2}-[\w-]{20,}/g },
  { kind: 'openai_key', whole: /sk-(?:proj|svcacct)-[\w-]{24,}/g },
  { kind: 'aws_key_id', whole: /(?:AKIA|ASIA)[A-Z2-7]{16}/g },
  { kind: 'github_token', whole: /gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{36}/g },
  { kind: 'gitlab_token', whole: /glpat-[\w-]{20}/g },
  { kind: 'slack_token', whole: /xox[bp]-[\w-]{24}/g },
  { kind: 'stripe_key', whole: /[sr]k_live_[A-Za-z0-9]{16}/g },
  { kind: 'google_key', whole: /AIza[\w-]{35}/g },
  { kind: 'npm_token', whole: /npm_[A-Za-z0-9]{36}/g },
  { kind: 'huggingface_token', whole: /hf_[A-Za-z0-9]{34}/g },
  { kind: 'castellan_token', whole: /cst_[\w-]{43}/g },
  { kind: 'age_key', whole: /AGE-SECRET-KEY-1[A-Z0-9]{58}/g },
] as const

function isMixed(text: string): boolean {
  return looksDrawn(text) && /\d/.test(text.slice(4)) && /[A-Za-z]/.test(text.slice(4))
}

function form(kind: string, begins: readonly string[], whole: RegExp): Form {
  // No form is longer, and a limit keeps what pretends to be one from being read again and again.
  return { kind, begins, whole: new RegExp(whole.source.replace(/\{(\d+),\}/g, `{$1,${MAX_LENGTH}}`), 'y') }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
