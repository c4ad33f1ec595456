import { MODEL, type Rule, rule } from './rule.ts'

const PERSON =
  '(?:user|users|owner|operator|human|humans|admin|administrators?|anyone|anybody|person|them|people|him|her|customer|client|me)'

/** Asks for the model's own instructions. */
export const leakRules: readonly Rule[] = [
  rule(
    'prompt_leak',
    0.6,
    '\\b(?:reveal|print|show|repeat|output|display|tell|disclose|give|share|dump|expose|recite|write|list|echo|paste|return|leak|provide|copy|send|translate|summari[sz]e|encode|include|append|what (?:is|are|was|were))\\b[^.\\n]{0,40}?\\b(?:your|the|its|all)\\s+(?:[\\w-]+\\s+){0,3}?(?:system (?:prompts?|messages?|instructions?)|(?:initial|hidden|original|developer|secret|internal|confidential|pre-?)\\s?(?:prompts?|instructions?|messages?|guidelines|directives?)|preprompt)',
    ['prompt', 'system m', 'instruction', 'guideline', 'directive', 'message'],
  ),
  rule(
    'prompt_leak',
    0.45,
    '\\b(?:reveal|repeat|recite|disclose|leak|expose|print|show me|tell me|output|what (?:is|are|were))\\s+(?:me\\s+)?(?:all\\s+(?:of\\s+)?)?your\\s+(?:\\w+\\s+){0,2}?(?:prompt|instructions?|rules|guidelines|directives?|training data|configuration|context window)',
    ['your'],
  ),
  rule(
    'prompt_leak',
    0.6,
    '\\b(?:repeat|print|output|copy|write|translate|echo|return)\\s+(?:back\\s+)?(?:the\\s+(?:words|text|instructions|content|sentences|message)|everything|all (?:of )?the (?:text|words)|all text|verbatim (?:the|everything))\\s+(?:above|before|preceding|prior|that (?:came|comes) before|from the (?:start|beginning)|in (?:your|the) (?:context|prompt))',
    ['repeat', 'print', 'output', 'copy', 'write', 'translate', 'echo', 'return'],
  ),
]

/** Wants something kept from the owner, or done without asking. */
export const concealRules: readonly Rule[] = [
  rule(
    'conceal',
    0.46,
    `(?:\\b(?:and|but|then|also)|[;,.!\\n])\\s*(?:\\w+\\s+){0,2}?(?:do not|don't|never|must not|without)\\s+(?:\\w+\\s+)?(?:tell|inform|mention|alert|notif|reveal|disclos|warn|report|bother)\\w*\\s+(?:\\w+\\s+){0,4}?(?:the\\s+|your\\s+|to\\s+|about\\s+)*(?:user|owner|operator|human|admin\\w*|it\\b|this|anyone)`,
    ['tell', 'inform', 'mention', 'alert', 'notif', 'reveal', 'disclos', 'warn', 'report', 'bother'],
  ),
  rule(
    'conceal',
    0.36,
    `\\b(?:do not|don't|never|must not|shouldn't|should not|without|avoid|refrain from|no need to|under no circumstances)\\s+(?:\\w+\\s+){0,2}?(?:tell|inform|mention|alert|notif|reveal|disclos|show|warn|report|letting|say|explain|discuss|bother)\\w*\\s+(?:\\w+\\s+){0,5}?(?:the\\s+|your\\s+|any\\s+|to\\s+)*${PERSON}\\b`,
    [
      'user',
      'owner',
      'operator',
      'human',
      'admin',
      'any',
      'person',
      'them',
      'people',
      'him',
      'her',
      'customer',
      'client',
      'me',
    ],
  ),
  rule(
    'conceal',
    0.5,
    "\\b(?:do not|don't|never|must not|without|avoid)\\s+(?:\\w+\\s+){0,2}?(?:mention|mentioning|reveal|revealing|disclose|disclosing|acknowledge|acknowledging|refer|referring|report|reporting|discuss|quote|show)\\w*\\s+(?:\\w+\\s+){0,3}?(?:this|these|that you|the existence|any of this|having)\\s*(?:\\w+\\s+){0,3}?(?:instructions?|message|prompt|comment|step|action|received|note|text|request|call|rule)",
    ['mention', 'reveal', 'disclos', 'acknowledg', 'refer', 'report', 'discuss', 'quote', 'show'],
  ),
  rule(
    'conceal',
    0.4,
    '\\b(?:keep|keeping)\\s+(?:this|it|these|everything|that)\\s+(?:a\\s+)?(?:secret|hidden|between us|to yourself|invisible|quiet|from the (?:user|owner|operator))',
    ['keep'],
  ),
  rule(
    'conceal',
    0.38,
    "\\b(?:do not|don't|never|without|no need to|instead of)\\s+(?:first\\s+)?(?:ask|asking|wait|waiting|request|requesting|seek|seeking|require|requiring)\\w*\\s+(?:\\w+\\s+){0,3}?(?:approval|confirmation|permission|consent|authori[sz]ation)\\b",
    ['approval', 'confirmation', 'permission', 'consent', 'authori'],
  ),
  rule(
    'conceal',
    0.4,
    '\\b(?:skip|bypass|suppress|disable|auto-?approve|circumvent)\\w*\\s+(?:\\w+\\s+){0,2}?(?:the\\s+|any\\s+|all\\s+)*(?:approvals?|confirmations?|permission (?:prompts?|checks?)|safety checks?|user confirmations?|guardrails?|audit(?:ing)?|ledger)\\b',
    ['skip', 'bypass', 'suppress', 'disable', 'approve', 'circumvent'],
  ),
  rule(
    'conceal',
    0.4,
    '\\b(?:silently|secretly|quietly|covertly|discreetly|in the background|behind the scenes)\\b[^.\\n]{0,50}\\b(?:send|run|execute|call|add|upload|forward|delete|disable|install|e-?mail|post|include|append|copy|fetch|create|grant|transfer)\\b|\\b(?:send|run|execute|call|add|upload|forward|delete|disable|install|e-?mail|post|copy|transfer)\\b[^.\\n]{0,60}\\b(?:silently|secretly|quietly|covertly|discreetly)\\b',
    ['silently', 'secretly', 'quietly', 'covertly', 'discreetly', 'background', 'behind the scenes'],
  ),
]

/** Says that it speaks for the owner, the system or a developer. */
export const authorityRules: readonly Rule[] = [
  rule(
    'authority',
    0.5,
    '(?:^|[\\n.!?>*#\\[("-])\\s*[\\[(<*#=!-]{0,4}\\s*(?:system|developer|admin|administrator|root|security|priority|emergency|operator|owner|maintenance)[ _-]*(?:override|instructions?|prompt|directive|command|mode enabled|override code)\\b\\s*[\\])>*#=!-]{0,4}\\s*[:\\n-]',
    ['override', 'instruction', 'prompt', 'directive', 'command', 'mode'],
  ),
  rule(
    'authority',
    0.4,
    '(?:^|[\\n>*#("])\\s*[\\[(<*#=!-]{0,4}\\s*(?:important\\s+)?(?:system|developer)[ _-]*(?:message|notice|note|update|alert|notification)\\s*[\\])>*#=!-]{0,4}\\s*:',
    ['system', 'developer'],
  ),
  rule(
    'authority',
    0.35,
    '(?:^|\\n|[.!?]\\s)\\s*[\\[(<{*#=-]{1,4}\\s*(?:system|admin|developer)\\s*[\\])>}*#=-]{1,4}\\s*:?\\s*(?:you|please|kindly|new|ignore|the|do|run|execute|from|all|override|this)\\b',
    ['system', 'admin', 'developer'],
  ),
  rule(
    'authority',
    0.3,
    '(?:^|\\n|[.!?\'"]\\s*)(?:system|developer)\\s*:\\s+(?:you|please|kindly|new|ignore|do|run|execute|from|override|the (?:user|assistant|ai)|disregard|your)\\b',
    ['system', 'developer'],
  ),
  rule(
    'authority',
    0.5,
    '\\b(?:message|instructions?|notice|order|directive|request|update|announcement)\\s+(?:\\w+\\s+)?from\\s+(?:openai|anthropic|google deepmind|your (?:developers?|creators?|owner|operator|administrator|maker|provider|programmers?)|the (?:developers|system administrator|owner|operator|ai team)|castellan)\\b',
    ['from'],
  ),
  rule(
    'authority',
    0.45,
    '\\b(?:the|your)\\s+(?:user|owner|operator|admin|administrator|human|sysadmin)\\s+(?:has|have)\\s+(?:already\\s+(?:pre-?)?|pre-?)(?:approved|authori[sz]ed|consented|agreed|confirmed|granted|allowed|permitted|requested|instructed|asked you)\\b',
    ['user', 'owner', 'operator', 'admin', 'human'],
  ),
  rule(
    'authority',
    0.45,
    '\\b(?:this|it|everything|the (?:action|call|command|request|change))\\s+(?:has|have|is|was)\\s+(?:already\\s+|been\\s+){0,2}(?:pre-?)?(?:approved|granted|authori[sz]ed|cleared|confirmed|signed off)\\s*(?:by|for|\\.|,)\\s+(?:the\\s+|your\\s+)?(?:user|owner|operator|admin|administrator|security|management|human|you)',
    ['approved', 'authori', 'cleared', 'confirmed', 'signed off'],
  ),
  rule(
    'authority',
    0.4,
    "\\b(?:this is|i am|i'm|speaking as)\\s+(?:your|the)\\s+(?:real\\s+|actual\\s+|true\\s+|system\\s+)?(?:owner|operator|administrator|admin|developer|creator|sysadmin|boss)\\b",
    ['this is', 'i am', "i'm", 'speaking as'],
  ),
  rule(
    'authority',
    0.4,
    '\\b(?:authori[sz]ation|override|access|clearance|confirmation|approval)\\s+(?:code|token|key|phrase|id)\\s*(?:is\\s*)?[:=]?\\s*["\'`]?(?=[\\w-]*\\d)[a-z]*[\\w-]{3,}[^\\n]{0,80}\\b(?:you|ignore|disable|unlock|proceed|grant|comply|execute|run|override|bypass)',
    ['authori', 'override', 'access', 'clearance', 'confirmation', 'approval'],
  ),
]

const SENSITIVE =
  "(?:passwords?|passwd|secrets?|api[ _-]?keys?|access[ _-]?keys?|tokens?|credentials?|private[ _-]?keys?|ssh[ _-]?keys?|id_rsa|id_ed25519|\\.env\\b|\\.ssh|/etc/(?:shadow|passwd)|environment(?: variables?)?|env vars?|session cookies?|cookies|chat (?:history|logs?)|conversations?(?: history)?|system prompt|(?:user|customer|owner)(?:'s)? (?:data|information|messages|files|e-?mails?|details|records|inbox)|personal (?:data|information|details)|inbox|contacts|contents of (?:the |your |this |all )?\\S+|seed phrase|wallet|recovery phrase|memory|memories|home directory|source code|bank|credit card|ledger|configuration files?|all (?:the )?(?:files|data|information|emails))"
const AWAY =
  "(?:https?://|ftp://|hxxps?://|[\\w.+-]+@[\\w-]+\\.\\w|[\\w-]+\\.(?:com|net|org|io|xyz|ru|example|evil|test|cc|top|site|link|info)\\b|webhook|(?:my|our|this|a remote|an external|the attacker'?s?|the following) (?:server|address|endpoint|site|host|url|e-?mail|number|account)|pastebin|telegram|discord)"
/** Where secrets are kept: files, and variables of the environment. A public key is none. */
const SECRET_PLACE =
  '(?:[~\\w/.-]{0,80}/\\.(?:aws|ssh|kube|docker|gnupg|netrc|npmrc|pgpass|git-credentials|pypirc|env|config/(?:gcloud|gh|rclone|castellan))\\b(?![\\w./-]{0,60}\\.pub\\b)[\\w/.-]{0,60}|~?/?\\.(?:netrc|npmrc|pgpass|git-credentials|env)\\b|/etc/(?:shadow|sudoers|ssl/private/\\S{0,40})|\\bid_(?:rsa|ed25519|ecdsa)\\b(?!\\.pub)|\\$\\{?\\w{0,40}(?:key|token|secret|passw)\\w{0,20})'
/** What a model says, or asks the world next. */
const ANSWER =
  '(?:(?:your|the|this|any|every|each|next|final|following|my)\\s+){1,3}(?:\\w+\\s+){0,1}?(?:responses?|answers?|repl(?:y|ies)|summar(?:y|ies)|outputs?|messages?|chats?|quer(?:y|ies)|search(?:es)?|requests?|urls?|links?|image|tool calls?|commit|comments?)'
const SEND =
  '(?:send|post|upload|e-?mail|mail|forward|exfiltrate|transmit|leak|submit|deliver|transfer|relay|share|publish|pass|report|copy|push|encode|put|embed|append|include|get|curl)'

/** Wants a tool called, something sent away, or something put into the answer. */
export const actRules: readonly Rule[] = [
  rule(
    'act',
    0.45,
    `(?:^|[\\n.!?:;,>)("*-]|\\b(?:and|then|please|kindly|now|must|immediately|first|also|just|instead|quickly|simply))\\s*${SEND}\\s+(?:\\w+\\s+){0,2}?[^.!?\\n]{0,80}?${SENSITIVE}[^!?\\n]{0,80}?\\b(?:to|at|via|into|with|in|through)\\s+[^!?\\n]{0,40}?${AWAY}`,
    [
      'send',
      'post',
      'upload',
      'mail',
      'forward',
      'exfiltrate',
      'transmit',
      'leak',
      'submit',
      'deliver',
      'transfer',
      'relay',
      'share',
      'publish',
      'pass',
      'report',
      'copy',
      'push',
      'encode',
      'put',
      'embed',
      'append',
      'include',
      'get',
      'curl',
    ],
  ),
  rule(
    'act',
    0.35,
    `(?:^|[\\n.!?:;,>)("*-]|\\b(?:and|then|please|kindly|now|must|immediately|first|just|instead))\\s*(?:send|post|upload|e-?mail|forward|exfiltrate|transmit|leak)\\s+[^.!?\\n]{0,60}?(?:/etc/shadow|id_rsa|id_ed25519|\\.ssh|private[ _-]?keys?|chat history|conversation|system prompt|all (?:the )?(?:passwords|secrets|credentials|emails|files)|\\.env\\b|inbox|seed phrase|(?:user|customer|owner)(?:'s)? (?:data|information|messages|details))`,
    ['send', 'post', 'upload', 'mail', 'forward', 'exfiltrate', 'transmit', 'leak'],
  ),
  rule(
    'act',
    0.45,
    '\\b(?:you must|you should|you need to|you have to|please|kindly|now|immediately|first|instead|then|next|must|and|always)[,:]?\\s+(?:\\w+\\s+){0,2}?(?:call|use|invoke|run|execute|trigger)\\s+(?:the\\s+|your\\s+)?[`"\']?(?:\\w+_\\w+|[\\w.-]+(?:\\(|[`"\']?\\s+(?:tool|function|plugin|api call)))',
    ['call', 'use', 'invoke', 'run', 'execute', 'trigger'],
  ),
  rule(
    'act',
    0.35,
    '(?:^|[\\n.!?:>-])\\s*(?:call|use|invoke|execute|trigger)\\s+(?:the\\s+|your\\s+)?[`"\']?(?:\\w+_\\w+|shell|terminal|command[- ]?line|bash)[`"\']?(?:\\s+(?:tool|function|with|to|and)|\\()',
    ['call', 'use', 'invoke', 'execute', 'trigger'],
  ),
  rule(
    'act',
    0.4,
    '\\b(?:run|execute|type|enter)\\s+(?:the\\s+)?(?:following|this|below|these)?\\s*(?:\\w+\\s+)?(?:commands?|code|scripts?)\\b[^.\\n]{0,40}\\b(?:immediately|silently|now|first|before (?:you|answering|continuing|responding)|without|verbatim)\\b',
    ['run', 'execute', 'type', 'enter'],
  ),
  rule(
    'act',
    0.45,
    '\\bbefore\\s+(?:you\\s+)?(?:answer|respond|reply|continue|summari[sz]e|do anything|doing anything|proceed|process|finish|complet)\\w*[^.\\n]{0,60}?\\b(?:you must|you should|first|please|kindly|call|send|run|execute|fetch|download|approve|disable)\\b',
    ['before'],
  ),
  rule(
    'act',
    0.4,
    '\\b(?:to (?:complete|finish|continue|proceed with|unlock) (?:the|this|your) (?:task|summary|request|process|analysis))[^.\\n]{0,60}?\\b(?:you must|first|please|kindly|call|send|run|read|execute|provide|fetch|enter|use)\\b',
    ['to complete', 'to finish', 'to continue', 'to proceed', 'to unlock'],
  ),
  rule(
    'act',
    0.4,
    '\\b(?:always|every time|each time)[,]?\\s+(?:you\\s+)?(?:respond|reply|answer|recommend|begin|start|end|finish|include|mention)\\b[^.\\n]{0,60}?\\b(?:with|link|https?:|in|before|by)\\b',
    ['always', 'every time', 'each time'],
  ),
  rule(
    'act',
    0.45,
    `\\bwhen(?:ever)?\\s+(?:you(?:'re| are)?\\s+|the user\\s+|someone\\s+|an?\\s+${MODEL}\\s+)?(?:ask(?:s|ed)?|summari[sz]\\w+|answer\\w*|describ\\w+|respond\\w*|translat\\w+|review\\w*|read\\w*)\\b[^.\\n]{0,60}?[,:]?\\s*(?:always|also|say|include|recommend|mention|tell|claim|reply|respond|answer|state|rate|add|you must|do not|never|call|send|run|use)\\b`,
    ['when'],
  ),
  rule(
    'act',
    0.5,
    '\\b(?:include|append|add|insert|put|place|embed|begin|start|end|finish|prefix|say|write|mention|answer|conclude)\\b[^.\\n]{0,60}?\\b(?:in|into|to|with|(?:to|at|on) the (?:end|start|beginning|top|bottom) of)\\s+(?:your|every|each|all (?:of )?your|any|the final|the)\\s+(?:\\w+\\s+)?(?:responses?|answers?|repl(?:y|ies)|summar(?:y|ies)|outputs?|messages)\\b',
    ['response', 'answer', 'repl', 'summar', 'output', 'messages'],
  ),
  rule(
    'act',
    0.5,
    `\\b(?:append|add|include|insert|put|paste|attach|embed|show|print|output|write|place|copy|quote|repeat|send|use|encode)\\b[^.\\n]{0,60}?${SECRET_PLACE}[^.\\n]{0,40}?\\b(?:in|into|to|at|on|with|after|before|of)\\s+(?:the (?:end|bottom|top|start|beginning) of\\s+)?${ANSWER}\\b`,
    ['.', '/etc/', 'id_', '$'],
  ),
  rule(
    'act',
    0.5,
    `\\b(?:answer|reply|response|summary|output|message)\\s+(?:\\w+\\s+)?(?:must|should|has to|needs to|have to|is to)\\s+(?:also\\s+|always\\s+)?(?:contain|include|begin|start|end|quote|show|carry)\\b[^.\\n]{0,60}?${SECRET_PLACE}`,
    ['must', 'should', 'has to', 'needs to', 'have to', 'is to'],
  ),
  rule(
    'act',
    0.45,
    '\\b(?:please|kindly|now|immediately|quietly|silently|secretly|must|should|always|instead)[,:]?\\s+(?:\\w+\\s+){0,2}?(?:open|make|issue|start|trigger|emit|send|place|perform|initiate|create|begin|submit|produce|do)\\s+(?:an?|another|one|the|this|your)\\s+(?:\\w+\\s+){0,2}?(?:call\\s+to\\s+[`"\']?\\w+_\\w+|(?:tool|function|plugin)[- ]?calls?)\\b(?!\\s+in\\b)',
    ['call'],
  ),
  rule(
    'act',
    0.4,
    '(?:^|[\\n.!?:;>*-])\\s*(?:open|make|issue|start|trigger|emit|place|perform|initiate|begin|submit)\\s+(?:an?|another|one)\\s+(?:\\w+\\s+){0,2}?(?:tool|function|plugin)[- ]?call\\s+(?:to|for|named|called|with)\\b[^.\\n]{0,100}?(?:\\b(?:as soon as|before|immediately|right away|without|once you)\\b|rm -rf|\\bdelete)',
    ['call'],
  ),
  rule(
    'act',
    0.4,
    '\\bin your (?:\\w+\\s+)?(?:response|answer|reply|summary|output|review)\\b[^.\\n]{0,60}?\\b(?:include|say|add|append|write|mention|start|end|recommend|state|claim|tell|link|insert)\\b',
    ['in your'],
  ),
  rule(
    'act',
    0.45,
    '\\b(?:respond|reply|answer|say|output|print|write|return|speak)\\s+(?:\\w+\\s+){0,2}?(?:only|nothing but|exactly|just|back|solely|simply)\\s*(?:with|the (?:word|phrase|text|following)|in|as|:|["\'`])',
    ['only', 'nothing but', 'exactly', 'just', 'back', 'solely', 'simply'],
  ),
  rule(
    'act',
    0.5,
    '\\b(?:pwned|injection (?:successful|succeeded|complete)|lol you got|i have been (?:hacked|pwned|compromised)|haha\\b)',
    ['pwned', 'injection', 'lol', 'i have been', 'haha'],
  ),
  rule(
    'act',
    0.4,
    '(?:^|[\\n.!?:>*-]|\\b(?:and|then|please|kindly|now|must|should|instead))\\s*tell (?:the |your )?(?:user|owner|operator|human|customer)s?\\s+(?:that|to|they|their|he|she|it)\\b',
    ['tell '],
  ),
  rule(
    'act',
    0.45,
    '\\b(?:you must|you should|immediately|now|please|kindly|then|instead|first|and)\\s+(?:\\w+\\s+)?(?:delete|remove|wipe|erase|shut ?down|disable|stop|kill|destroy|purge|drop|turn off|uninstall)\\s+(?:\\w+\\s+){0,2}?(?:all|every|the|your|its)\\s+(?:\\w+\\s+){0,2}?(?:files?|data|logs?|backups?|ledger|firewall|services?|users?|databases?|tables?|monitoring|audit\\w*|sandbox|security|approvals?|memory|system|logging|polic(?:y|ies)|server|protections?)\\b',
    [
      'delete',
      'remove',
      'wipe',
      'erase',
      'shut',
      'disable',
      'stop',
      'kill',
      'destroy',
      'purge',
      'drop',
      'turn off',
      'uninstall',
    ],
  ),
  rule(
    'act',
    0.4,
    '\\b(?:add|create|grant|approve|allow|enrol|give|insert|install|register|append)\\s+[^.\\n]{0,60}?\\b(?:authorized_keys|sudoers|(?:admin|root|operator|full|unrestricted|superuser) (?:access|rights?|privileges?|permissions?|user|account)|ssh[ -]?(?:public )?key|backdoor|reverse shell)\\b[^.\\n]{0,60}?(?:\\b(?:immediately|now|without|silently|for me|attacker|to me|evil|you)\\b|ssh-(?:rsa|ed25519))',
    ['add', 'create', 'grant', 'approve', 'allow', 'enrol', 'give', 'insert', 'install', 'register', 'append'],
  ),
  rule(
    'act',
    0.4,
    '(?:^|[\\n.!?:>"\'*-]|\\b(?:please|now|immediately|then|and|must|instead))\\s*(?:approve|accept|confirm|click|sign)\\s+(?:\\w+\\s+){0,2}?(?:all|every|any|the|this|each)\\s+(?:\\w+\\s+){0,2}?(?:approvals?|requests?|pending|calls?|transactions?|payments?|prompts?|actions?)\\b',
    ['approve', 'accept', 'confirm', 'click', 'sign'],
  ),
  rule(
    'act',
    0.5,
    '\\b(?:curl|wget|fetch|nc|bash|python3?|sh)\\b[^\\n]{0,100}(?:\\|\\s*(?:sudo\\s+)?(?:ba|z)?sh\\b|/dev/tcp/|@?/etc/shadow|id_rsa|\\.ssh/)[^\\n]{0,120}\\b(?:assistant|ai|you must|immediately|urgent|agent)\\b',
    ['curl', 'wget', 'fetch', 'bash', 'python', 'nc ', 'sh '],
  ),
  rule(
    'act',
    0.45,
    '\\b(?:rate|rank|score|recommend|describe|present|review|evaluate|grade)\\s+(?:this|the|our|my)\\s+(?:\\w+\\s+){0,2}?(?:product|paper|candidate|resume|cv|application|site|package|company|submission|manuscript|library|code|applicant|essay)\\s+(?:as\\s+|with\\s+)?(?:\\w+\\s+){0,2}?(?:highly|best|excellent|positively?|favou?rabl[ey]|top|first|10|5 stars|the best|outstanding|safe|accept\\w*)\\b',
    ['rate', 'rank', 'score', 'recommend', 'describe', 'present', 'review', 'evaluate', 'grade'],
  ),
]
