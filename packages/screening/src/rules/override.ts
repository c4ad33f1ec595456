import { type Rule, rule } from './rule.ts'

const VERB =
  "(?:ignore|disregard|forget|override|overrule|bypass|neglect|discard|dismiss|skip|drop|erase|void|cancel|nullify|abandon|unlearn|delete|clear|reset|supersede|replace|disobey|set aside|put aside|let go of|pay no (?:more |further )?attention to|(?:do not|don't|no longer|never) (?:follow|obey|heed|comply with|listen to|adhere to|regard|consider)|stop (?:following|obeying|heeding|listening to))"
const WHICH =
  "(?:all|any|every|each|everything|previous|previously|prior|above|above-mentioned|earlier|preceding|former|foregoing|past|initial|original|existing|current|other|old|given|your|you're|my|the|these|those|this|that|of|in|from|system|system's|developer|developers'|safety|security|its|our|internal|hidden|default|and|or|user|user's|content|ethical|moral|core|built-in|earlier-given|top-level|usual|standard|such)"
const STRONG =
  '(?:instructions?|prompts?|directives?|guidelines?|guardrails?|programming|training|restrictions?|constraints?|orders|alignment|safeguards?|safety (?:rules|measures|protocols?|filters?)|(?:content|safety|security|usage) polic(?:y|ies)|system messages?)'
const WEAK =
  '(?:rules?|contexts?|conversations?|commands?|tasks?|messages?|texts?|contents?|inputs?|requests?|polic(?:y|ies)|roles?|persona|goals?|objectives?|limitations?|limits)'
const FIRST = [
  'ignor',
  'disregard',
  'forget',
  'overrid',
  'overrul',
  'bypass',
  'neglect',
  'discard',
  'dismiss',
  'skip',
  'drop',
  'erase',
  'void',
  'cancel',
  'nullify',
  'abandon',
  'unlearn',
  'delete',
  'clear',
  'reset',
  'supersede',
  'replace',
  'disobey',
  'aside',
  'let go',
  'attention',
  'follow',
  'obey',
  'heed',
  'comply',
  'listen',
  'adhere',
  'regard',
  'consider',
]

/** Tells the reader to drop what it was told before. */
export const overrideRules: readonly Rule[] = [
  rule('override', 0.7, `\\b${VERB}(?:\\s+${WHICH}){1,7}\\s+(?:[\\w-]+\\s+){0,2}?${STRONG}\\b`, FIRST),
  rule(
    'override',
    0.55,
    `\\b${VERB}\\s+(?:all\\s+)?(?:${STRONG})\\b(?=[^.\\n]{0,40}\\b(?:above|before|previous|prior|given|earlier|and|instead))`,
    FIRST,
  ),
  rule(
    'override',
    0.45,
    `\\b${VERB}(?:\\s+(?:all|any|every|the|of|these|those))*\\s+(?:previous|prior|earlier|preceding|foregoing|above|your|system|original|initial)\\s+(?:[\\w-]+\\s+)?${WEAK}\\b`,
    FIRST,
  ),
  rule(
    'override',
    0.65,
    `\\b(?:ignore|disregard|forget|discard|erase|override)\\s+(?:(?:about|absolutely|literally)\\s+)?(?:all|everything|anything|whatever|what)(?:\\s+(?:of\\s+)?(?:that|it|which|else))?\\s+(?:that\\s+)?(?:(?:you|i|we|they|was|were|has|have|had|is|comes?|came|'ve|been|just|ever|already)\\s+){0,5}(?:told|said|learn(?:ed|t)|knew|know|given|instructed|read|above|before|prior|previously|written|taught|trained|set)`,
    ['ignor', 'disregard', 'forget', 'discard', 'erase', 'overrid'],
  ),
  rule(
    'override',
    0.55,
    '\\b(?:ignore|disregard|forget|discard)\\s+(?:the|all|everything|all of the)\\s+(?:above|preceding|foregoing|prior|previous)\\b(?=\\s*(?:[.,;:!-]|and|then|but|$|\\n))',
    ['ignor', 'disregard', 'forget', 'discard'],
  ),
  rule(
    'override',
    0.55,
    '\\byour\\s+(?:real|actual|true|only|updated|next|new|primary|current|sole|revised|main)\\s+(?:and only\\s+)?(?:task|instructions?|goal|objective|job|purpose|mission|role|directives?|orders?|priority)\\s+(?:is|are|now|will be|:|becomes)',
    ['your'],
  ),
  rule(
    'override',
    0.5,
    '(?:^|[\\n.!?>*#\\[(-])\\s*(?:new|updated|revised|additional|real|actual|important)\\s+(?:system\\s+|ai\\s+|top[- ]priority\\s+)?(?:instructions?|directives?|prompt|task|objective|orders?|rules)\\s*(?:for (?:you|the ai|the assistant)\\s*)?(?::|-{1,3}\\s|\\bfollow\\b)',
    ['new', 'updated', 'revised', 'additional', 'real', 'actual', 'important'],
  ),
  rule(
    'override',
    0.6,
    '\\b(?:following|these|below|new|this)\\s+(?:\\w+\\s+)?(?:instructions?|directives?|rules|commands?|message|orders?)\\s+(?:now\\s+|will\\s+|shall\\s+|must\\s+|fully\\s+)?(?:supersedes?|overrides?|replaces?|takes? (?:precedence|priority)|have (?:precedence|priority)|has (?:precedence|priority)|invalidates?|cancels?|outranks?)',
    ['instruction', 'directive', 'rules', 'command', 'message', 'order'],
  ),
  rule(
    'override',
    0.4,
    '\\b(?:takes? (?:precedence|priority)|overrides?|supersedes?|outranks?)\\s+(?:over\\s+)?(?:all|any|every|your|everything)\\s+(?:\\w+\\s+){0,2}(?:instructions?|prompts?|rules|directives?|guidelines|else)',
    ['precedence', 'priority', 'overrid', 'supersede', 'outrank'],
  ),
  rule(
    'override',
    0.45,
    '\\binstead of (?:summari[sz]ing|answering|doing|translating|analy[sz]ing|responding|completing|following|your|the task|what)[^.\\n]{0,60}\\b(?:you|please|do|say|output|write|send|call|run|print|reply|respond|reveal|tell|search|read)\\b',
    ['instead of'],
  ),
  rule(
    'override',
    0.4,
    "\\b(?:stop|quit|pause|abort|cancel)\\s+(?:what you are doing|what you're doing|your (?:current )?(?:task|work)|the (?:current )?(?:task|summary|analysis))",
    ['stop', 'quit', 'pause', 'abort', 'cancel'],
  ),
  rule(
    'override',
    0.5,
    '\\b(?:the|all)\\s+(?:text|instructions?|content|rules|prompts?|conversation)\\s+(?:above|before this|so far|until now)\\s+(?:is|are|was|were)\\s+(?:now\\s+)?(?:void|invalid|obsolete|outdated|fake|a test|wrong|no longer|not (?:real|valid)|cancelled|superseded|to be ignored)',
    [
      'void',
      'invalid',
      'obsolete',
      'outdated',
      'fake',
      'a test',
      'wrong',
      'no longer',
      'not real',
      'not valid',
      'cancelled',
      'superseded',
      'ignored',
    ],
  ),
  rule(
    'override',
    0.5,
    '(?:end|stop|close|finish)(?:ing)?[ _-](?:of[ _-])?(?:the[ _-])?(?:document|text|user[ _-]?(?:input|data|message)|context|data|page|file|web ?page|e-?mail|article|log|output|prompt|untrusted\\w*|tool[ _-]?(?:output|result)|search[ _-]results?)\\b[^a-z]{0,40}(?:new|begin|start|now|instructions?|system|the (?:ai|assistant)|assistant|you)\\b',
    ['end', 'stop', 'close', 'finish'],
  ),
]

/** The same without any space: names, tags, and text whose spaces were taken out. */
export const closedUpRules: readonly Rule[] = [
  rule(
    'override',
    0.6,
    '(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|my|of|these|those|every|previous|prior|above|earlier|preceding|system|original|given|and){1,6}(?:instructions?|prompts?|rules|guidelines|directives?)',
    ['ignore', 'disregard', 'forget', 'override', 'bypass'],
  ),
  rule(
    'prompt_leak',
    0.6,
    '(?:reveal|print|show|repeat|output|display|leak|give)(?:me)?(?:your|the)(?:entire|full|hidden|initial|original)?(?:systemprompt|initialprompt|instructions)',
    ['systemprompt', 'initialprompt', 'yourinstructions', 'theinstructions'],
  ),
  rule(
    'conceal',
    0.6,
    '(?:donot|dont|never|without)(?:tell|inform|notify|telling|informing|notifying|alert|alerting)(?:the)?(?:user|owner|operator)',
    ['user', 'owner', 'operator'],
  ),
]
