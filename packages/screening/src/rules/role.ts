import { MODEL, type Rule, rule } from './rule.ts'

/** Gives the reader another role, or fewer limits. */
export const roleRules: readonly Rule[] = [
  rule(
    'role',
    0.7,
    "\\byou(?:'re| are)\\s+(?:now\\s+|currently\\s+)?(?:in|entering|running in|operating in|switched to)\\s+(?:\\w+\\s+){0,2}(?:developer|debug|maintenance|admin|god|unrestricted|unfiltered|jailbreak|root|dan|sudo|test|evil|training|diagnostic|override|free)[ -]?mode",
    ['mode'],
  ),
  rule(
    'role',
    0.6,
    "\\byou(?:'re| are)\\s+(?:now|no longer|hereby|from now on|henceforth)\\s+(?:called\\s+|an?\\s+|the\\s+)?(?:\\w+\\s+){0,3}?(?:dan\\b|free\\b|unrestricted|unfiltered|uncensored|unbound|bound by|restricted|limited|an? (?:ai|assistant|bot|hacker|pirate|terminal|shell|linux)|\\w*gpt\\b|\\w*bot\\b|hacker|assistant|agent|interpreter|required to follow|operating|acting|under (?:my|our|new) (?:control|command|management))",
    ['you'],
  ),
  rule('role', 0.38, "\\byou(?:'re| are)\\s+now\\s+(?:an?|the|my|called|named|acting|playing)\\s+[a-z\"']", ['now']),
  rule('role', 0.4, "\\b(?:pretend|imagine)\\s+(?:to be|you are|that you|you're|as if you)\\b", ['pretend', 'imagine']),
  rule(
    'role',
    0.45,
    '\\b(?:act|behave|respond|answer|operate|function)\\s+as\\s+(?:if you (?:were|are|have)|though you|an? (?:unrestricted|unfiltered|evil|uncensored|root|different|new|hacker|malicious|rogue)|dan\\b|my\\b|the (?:attacker|admin|root|system))',
    ['act as', 'behave as', 'respond as', 'answer as', 'operate as', 'function as'],
  ),
  rule(
    'role',
    0.5,
    "\\b(?:from (?:now|here|this (?:point|moment)) on(?:wards?)?|henceforth|starting (?:now|immediately))[,:]?\\s+(?:you(?:'ll| will| must| should| are| shall)?|respond|reply|answer|always|act|treat|every|all|ignore|only|your|do not|never|speak|call)\\b",
    ['from', 'henceforth', 'starting'],
  ),
  rule(
    'role',
    0.5,
    '\\b(?:enter|enable|activate|switch (?:in)?to|turn on|engage|initiate|unlock)\\s+(?:\\w+\\s+){0,2}?(?:developer|god|dan|jailbreak|unrestricted|evil|unfiltered|opposite|sudo)[ -]?mode',
    ['mode'],
  ),
  rule(
    'role',
    0.75,
    '\\bdo anything now\\b|\\bstay in (?:character|dan)\\b|\\bjailbroken\\b|\\bstan mode\\b',
    ['anything now', 'stay in', 'jailbroken', 'stan mode'],
    undefined,
  ),
  rule(
    'role',
    0.45,
    "\\b(?:you)\\s*(?:have|are|'re)\\s+(?:now\\s+)?(?:no|free of|freed from|free from|without|not (?:bound|limited|restricted) by|no longer (?:bound|limited|restricted))\\s*(?:by|to|of)?\\s*(?:any\\s+|all\\s+|ethical\\s+|moral\\s+|your\\s+)*(?:rules?|restrictions?|limitations?|limits|filters?|guidelines|ethics|censorship|polic(?:y|ies)|instructions?|constraints?)",
    [
      'rule',
      'restriction',
      'limit',
      'filter',
      'guideline',
      'ethic',
      'censorship',
      'polic',
      'instruction',
      'constraint',
    ],
  ),
  rule(
    'role',
    0.4,
    '\\b(?:without|no|drop all|remove all|disable(?: all| your)?|turn off(?: all| your)?)\\s+(?:any\\s+|your\\s+|all\\s+)?(?:ethical|moral|content|safety)\\s+(?:restrictions?|guidelines|filters?|limits|constraints?|considerations?|checks?|guardrails?|protocols?|training)',
    ['ethical', 'moral', 'content', 'safety'],
  ),
  rule(
    'role',
    0.45,
    "\\b(?:let's play a game|role-?play|we are (?:playing|in) a (?:game|simulation|hypothetical)|this is (?:only |just )?a (?:simulation|drill|hypothetical|test environment))\\b[^\\n]{0,120}\\b(?:you|your|ai|assistant|rules)\\b",
    ['game', 'play', 'simulation', 'hypothetical', 'drill', 'test environment'],
  ),
  rule(
    'role',
    0.4,
    '\\byou (?:must|will|shall|have to)\\s+(?:now\\s+|always\\s+)?(?:obey|comply|do (?:as|exactly|whatever|everything)|follow (?:my|these|the following|only|every))',
    ['obey', 'comply', 'you must', 'you will', 'you shall', 'you have to'],
  ),
]

/** Speaks to a model rather than to a person. */
export const addressRules: readonly Rule[] = [
  rule(
    'address',
    0.55,
    `\\b(?:dear|hey|hello|hi|attention|attn|notes?|notice|message|instructions?|important|reminder|memo|warning|urgent|hint|request|todo|psa|command)[\\s,:!*-]{1,4}(?:for|to)?\\s*(?:the|all|any|every|whatever|our|this)?\\s*(?:automated\\s+|reviewing\\s+|summari[sz]ing\\s+|reading\\s+)?${MODEL}\\b(?=\\s*(?:[,:.;!*)\\]>-]|\\n|agents?|reading|processing|summari|who|that|which|only|you|please|when|if|must|should|$))`,
  ),
  rule('address', 0.55, `\\bif you(?:'re| are)\\s+(?:an?\\s+|the\\s+)?(?:[\\w-]+\\s+){0,2}?${MODEL}\\b`, ['if you']),
  rule(
    'address',
    0.55,
    `\\bif (?:an?\\s+|the\\s+|any\\s+|this (?:text |page |file )?is (?:being )?(?:read|processed|summari[sz]ed|parsed|seen|viewed) by an?\\s+)(?:\\w+\\s+)?${MODEL}\\b(?:\\s+(?:(?:is|are)\\s+(?:reading|processing|summari\\w+|parsing|seeing)|reads?|sees|process\\w*|summari\\w*|finds?)|[,:])`,
    ['if '],
  ),
  rule(
    'address',
    0.5,
    `\\b${MODEL}\\s+(?:(?:that|who|which|is|are|currently|now)\\s+){0,3}(?:reading|processing|summari[sz]ing|parsing|analy[sz]ing|viewing|scanning|reviewing|handling|crawling|indexing)\\s+(?:this|these|the following|it)\\b`,
    [
      'reading',
      'processing',
      'summari',
      'parsing',
      'analy',
      'viewing',
      'scanning',
      'reviewing',
      'handling',
      'crawling',
      'indexing',
    ],
  ),
  rule(
    'address',
    0.42,
    `(?:^|[\\n.!?:>(*#"-])\\s*(?:the\\s+|all\\s+|any\\s+|every\\s+)?${MODEL}(?:\\s+(?:agents?|readers?|models?|reviewers?|graders?|crawlers?))?\\s*(?:must|should now|shall now|has to|have to|needs? to|is (?:required|instructed|ordered|expected|to) |are (?:required|instructed|to) |will now)\\b`,
  ),
  rule('address', 0.5, `\\bas (?:an?|the) (?:\\w+\\s+)?${MODEL}[, ]+(?:you|your)\\b`, ['as a', 'as the']),
  rule(
    'address',
    0.5,
    `(?:^|[\\n.!?>*#("=-])\\s*(?:@|hey |ok |okay )?(?:assistant|chatgpt|claude|gemini|copilot|castellan|ai|llm|model|bot|agent)\\s*[,:]\\s*(?:please\\s+|you\\s+|now\\s+|kindly\\s+|first\\s+|always\\s+|do\\s+|don't\\s+|never\\s+)?(?:ignore|disregard|forget|run|execute|call|use|send|read|write|delete|remove|open|print|reveal|tell|say|reply|respond|answer|include|add|approve|stop|disable|restart|fetch|post|upload|forward|mention|recommend|rate|treat|must|should|are|list|show|output|download|install|grant|create)\\b`,
  ),
]
