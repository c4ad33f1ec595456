import { type Rule, rule } from './rule.ts'

/** Looks like the frame of a conversation: template tokens, roles, results of tools, our own fences. */
export const frameRules: readonly Rule[] = [
  rule(
    'frame',
    0.6,
    '<\\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|endofprompt|eot_id|eom_id|start_header_id|end_header_id|begin_of_text|end_of_text|end|channel|message|start|return|call|tool_call|tool_response|python_tag|begin▁of▁sentence|fim_\\w+)\\|>',
    ['<|'],
  ),
  rule(
    'frame',
    0.55,
    '\\[/?inst\\]|<</?sys>>|</?start_of_turn>|</?end_of_turn>|\\[/?(?:system_prompt|available_tools|tool_results|tool_calls)\\]|<\\|?(?:bos|eos)\\|?>\\s*(?:system|user)',
    ['[', '<'],
  ),
  rule(
    'frame',
    0.5,
    '</?(?:tool_(?:call|result|response|output|use|calls|results)s?|function_(?:calls?|results?|response)|antml:\\w+|system[-_]reminder|system[-_]prompt|system[-_](?:message|instructions?)|user_query|untrusted\\w*|assistant_response|developer_message|human_turn)\\b[^>\\n]{0,100}>',
    ['</', '<'],
  ),
  rule('frame', 0.25, '</?(?:system|assistant|developer|admin|sys|important)>', ['<']),
  rule('frame', 0.4, '"role"\\s*:\\s*"(?:system|assistant|tool|developer)"\\s*,\\s*"content"\\s*:', ['"role"']),
  rule(
    'frame',
    0.45,
    '"type"\\s*:\\s*"(?:tool_result|tool_use|approval_required|approve|approval_decided|function_call_output)"',
    ['"type"'],
  ),
  rule('frame', 0.4, '"(?:approved|approval_id|call_id|grant)"\\s*:\\s*(?:true|"(?:apr|call)_)', [
    '"appro',
    '"call_id"',
    '"grant"',
  ]),
  rule(
    'frame',
    0.35,
    '(?:^|\\n)\\s*(?:#{2,4}|\\*\\*)\\s*(?:system|new instructions?|instructions? for (?:the )?(?:ai|assistant|model)|assistant|end of (?:input|document|context))\\s*(?:\\*\\*)?\\s*:?\\s*(?:\\n|$)',
    ['#', '**'],
  ),
  rule('frame', 0.45, '(?:^|\\n)\\s*(?:human|user)\\s*:[^\\n]{12,300}\\n+\\s*(?:assistant|ai)\\s*:', ['human', 'user']),
  rule(
    'frame',
    0.3,
    '(?:^|\\n)\\s*(?:assistant|tool|tool result|observation|thought|action|function result)\\s*:\\s+(?:i |sure|ok|yes|of course|\\{|the user|done|approved|command)',
    ['assistant', 'tool', 'observation', 'thought', 'action', 'function'],
  ),
  rule('frame', 0.8, '⟦/?untrusted\\b|⟧\\s*(?:system|trusted|owner)', ['⟦', '⟧']),
]

/** An address built to carry data away. */
export const exfiltrationRules: readonly Rule[] = [
  rule(
    'exfiltration',
    0.6,
    '!?\\[[^\\]\\n]{0,200}\\]\\(\\s*<?(?:https?:)?//[^)\\s]{1,400}[?&=/#](?:[^)\\s]{0,200})(?:\\{[^}\\s]|\\$\\{|%7b|<[a-z]|\\[[a-z]|(?:secret|prompt|history|conversation|chat|exfil|leak|stolen|password|base64)[\\w-]{0,40}=?)',
    [']('],
  ),
  rule(
    'exfiltration',
    0.55,
    '<img\\b[^>\\n]{0,200}\\bsrc\\s*=\\s*["\']?(?:https?:)?//[^"\'>\\s]{1,300}[?&=](?:[^"\'>\\s]{0,120})(?:\\{[^}\\s]|\\$\\{|<[a-z]|\\[[a-z]|(?:secret|prompt|history|conversation|exfil|leak|stolen|password))',
    ['<img'],
  ),
  rule(
    'exfiltration',
    0.5,
    '\\b(?:append|add|attach|encode|insert|put|embed|replace|substitute|fill|urlencode|concatenat\\w+)\\b[^.\\n]{0,120}?\\b(?:to|into|in|as|at the end of|with)\\b[^.\\n]{0,50}?\\b(?:urls?|links?|query(?: string| parameters?)?|image (?:url|link|source)|subdomain|host ?name|path of)\\b[^\\n]{0,120}?(?:https?://|\\bthen\\b|\\bfetch\\b|\\brender\\b|\\bload\\b|\\brequest\\b|\\bopen\\b|\\bvisit\\b)',
    ['url', 'link', 'query', 'subdomain', 'host', 'path of'],
  ),
  rule(
    'exfiltration',
    0.5,
    '\\b(?:render|display|show|include|output|embed|load|insert)\\s+(?:\\w+\\s+){0,3}?(?:markdown\\s+)?images?\\b[^\\n]{0,100}?(?:https?:)?//[^\\s)]{1,200}[?&]\\w+=',
    ['image'],
  ),
  rule('exfiltration', 0.35, '!\\[[^\\]\\n]{0,200}\\]\\(\\s*(?:https?:)?//[^)\\s]{1,300}\\?[^)\\s]{200,}', ['![']),
  rule(
    'exfiltration',
    0.45,
    '\\b(?:visit|open|fetch|get|request|browse to|load|call|curl|ping|resolve|look ?up)\\s+[^\\n]{0,40}?(?:https?://)?[^\\s]{0,120}(?:\\{|<|\\[|\\$\\()(?:[a-z_ ]{0,40})(?:data|secret|token|password|key|prompt|history|content|result|output|base64|env|hostname|whoami)[^\\n]{0,40}?(?:\\}|>|\\]|\\))',
    ['visit', 'open', 'fetch', 'get', 'request', 'browse', 'load', 'call', 'curl', 'ping', 'resolve', 'look'],
  ),
]

/** Places that people who look at the rendered text do not see. They say little by themselves and much around a mark. */
export const hiddenPlaces =
  /display:\s*none|visibility:\s*hidden|font-size:\s*0|opacity:\s*0(?![.\d]*[1-9])|color:\s*(?:white|#fff(?:fff)?|transparent)|<!--|\[\/\/\]:\s*#|\[comment\]:|aria-hidden="true"|position:\s*absolute;\s*left:\s*-\d{3,}/gu
