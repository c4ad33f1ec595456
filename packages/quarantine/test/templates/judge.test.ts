import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeTemplate } from '../../src/templates/index.ts'
import { honest } from './honest.ts'

const evil: Readonly<Record<string, string>> = {
  'an attribute': '{{ messages.__class__ }}',
  'an attribute in brackets': "{{ messages['__class__'] }}",
  'a chain to a shell': "{{ ''.__class__.__mro__[1].__subclasses__()[396]('id',shell=True,stdout=-1).communicate() }}",
  'globals of a function': '{{ raise_exception.__globals__ }}',
  'the machinery of cycler': "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
  'the machinery of a namespace': "{{ namespace.__init__.__globals__['os'] }}",
  lipsum: "{{ lipsum.__globals__['os'].popen('id').read() }}",
  joiner: '{{ joiner() }}',
  self: '{{ self._TemplateReference__context }}',
  'JavaScript constructors': "{{ messages.constructor.constructor('return process')() }}",
  'a prototype': '{{ messages.__proto__ }}',
  'a prototype in brackets': "{{ messages['constructor']['prototype'] }}",
  'concatenation with +': "{{ messages['__cla' + 'ss__'] }}",
  'concatenation with ~': "{{ messages['__cla' ~ 'ss__'] }}",
  'literals side by side in a variable': "{% set a = '__cla' ~ 'ss__' %}{{ messages[a] }}",
  'a variable of a variable': "{% set a = '_' %}{% set b = a ~ a ~ 'class' ~ a ~ a %}{{ messages[b] }}",
  'a field of a namespace': "{% set ns = namespace(a='__cl') %}{% set ns.a = ns.a + 'ass__' %}{{ messages[ns.a] }}",
  'a namespace made with a text': "{% set ns = namespace(a='x') %}{{ messages[ns.a] }}",
  'a block that is set': '{% set a %}__cl{{ "ass__" }}{% endset %}{{ messages[a] }}',
  'the filter attr': "{{ messages | attr('__class__') }}",
  'the filter attr of a harmless name': "{{ messages | attr('role') }}",
  'the filter attr by concatenation': "{{ messages | attr('__cla' ~ 'ss__') }}",
  'map by attribute': "{{ [messages] | map(attribute='__class__') | list }}",
  'map by a computed attribute': "{{ [messages] | map(attribute='__cl' ~ x) | list }}",
  'map by a filter': "{{ ['__class__'] | map('attr', 'x') | list }}",
  'selectattr of machinery': "{{ messages | selectattr('__class__') | list }}",
  'selectattr of a dotted path': "{{ messages | selectattr('role.__class__.__mro__') | list }}",
  'selectattr by a variable': '{% set a = x %}{{ messages | selectattr(a) | list }}',
  'groupby of machinery': "{{ messages | groupby('__class__') }}",
  'sort by machinery': "{{ messages | sort(attribute='__class__') }}",
  'an array joined': "{{ messages[['__', 'class', '__'] | join] }}",
  'an array joined with a text': "{{ messages[['', 'class', ''] | join('__')] }}",
  'an array picked from': "{{ messages[['role', '__class__'][1]] }}",
  'a loop over an array of names': "{% for a in ['__class__'] %}{{ messages[a] }}{% endfor %}",
  'a loop over an array that was set': "{% set names = ['x' ~ 'y'] %}{% for a in names %}{{ messages[a] }}{% endfor %}",
  'a loop over the letters of a text': "{% for a in 'abc' %}{{ messages[a] }}{% endfor %}",
  'a mapping with a computed value': "{% set m = {'k': '__cl' ~ 'ass__'} %}{{ messages[m.k] }}",
  'a dictionary made by a call': '{{ messages[dict(__class__=1) | first] }}',
  "the keys of a mapping of one's own": "{% set m = {'__class__': 1} %}{% for k in m %}{{ messages[k] }}{% endfor %}",
  'upper and lower case': "{{ messages['__CLASS__' | lower] }}",
  'a text turned round': "{{ messages['__ssalc__' | reverse] }}",
  'a text turned round by a slice': "{{ messages['__ssalc__'[::-1]] }}",
  'a text replaced in': "{{ messages['xxclassxx'.replace('x', '_')] }}",
  'a macro as a name': '{% macro m() %}__class__{% endmacro %}{{ messages[m()] }}',
  'a macro that is given a name': "{% macro m(a) %}{{ messages[a] }}{% endmacro %}{{ m('__cl' ~ 'ass__') }}",
  'a macro that loops over names it is given':
    "{% macro m(names) %}{% for a in names %}{{ messages[a] }}{% endfor %}{% endmacro %}{{ m(['__cl' ~ 'ass__']) }}",
  'a macro that loops over names it is given by keyword':
    "{% macro m(names) %}{% for a in names %}{{ messages[a] }}{% endfor %}{% endmacro %}{{ m(names=['__cl' ~ 'ass__']) }}",
  'a name from the conversation': '{{ messages[messages[0].content] }}',
  'a name of an unknown variable': '{{ messages[somewhere] }}',
  'a ternary': "{{ messages['role' if x else '__class__'] }}",
  'tuples that are set': "{% set a, b = '__class__', 1 %}{{ messages[a] }}",
  'format as a method': "{{ '{0.__class__}'.format(messages) }}",
  format_map: "{{ '{a.real}'.format_map(messages) }}",
  'format as a filter': "{{ '%s%s' | format('__cl', 'ass__') }}",
  'format with %': "{{ '%c%c' % (95, 95) }}",
  'format with % of a concatenation': "{{ ('%c' ~ '%c') % (95, 95) }}",
  'escapes in a text': "{{ messages['\\x5f\\x5fclass\\x5f\\x5f'] }}{{ x.__class__ }}",
  'machinery as a text': "{{ get(messages, '__globals__') }}",
  'a call of a call': '{{ raise_exception()() }}',
  'a call of a variable': '{{ messages() }}',
  'a call of a subscript': "{{ messages['content']() }}",
  'an unknown method': '{{ messages.popitem() }}',
  'an unknown test': "{{ 'x' is filter }}",
  'a frame': '{{ messages.gi_frame.f_globals }}',
  include: "{% include '/etc/passwd' %}",
  import: "{% import 'os' as os %}",
  extends: "{% extends 'base' %}",
  'a call block': '{% call m() %}{{ caller() }}{% endcall %}',
  'arguments spread': '{{ range(*messages) }}',
  'a count without end': '{% for a in range(999999999) %}x{% endfor %}',
  'something that is not Jinja': '{% if %}{{ }',
  'depth without end': `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
  'length without end': 'a'.repeat(300_000),
}

describe('a chat template', () => {
  it.each(Object.entries(honest))('like that of %s passes', (_name, template) => {
    expect(judgeTemplate(template)).toEqual([])
  })

  it.each(Object.entries(evil))('with %s is refused', (_name, template) => {
    expect(judgeTemplate(template)).not.toEqual([])
  })

  it('never makes the judge fail, whatever it says', () => {
    const words = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      ' set ',
      ' for ',
      ' in ',
      'messages',
      '[',
      ']',
      '(',
      ')',
      '|',
      '.',
      "'a'",
      '__class__',
      '=',
      '~',
      'if',
      'endif',
      'endfor',
      '1',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        expect(Array.isArray(judgeTemplate(parts.join(' ')))).toBe(true)
      }),
    )
  })

  it('is refused with any hidden name, however deep in honest text it stands', () => {
    const names = fc.stringMatching(/^[a-z]{1,8}$/).map((name) => `__${name}__`)
    fc.assert(
      fc.property(names, fc.constantFrom(...Object.values(honest)), (name, template) => {
        expect(judgeTemplate(`${template}{{ messages[0].${name} }}`)).not.toEqual([])
        expect(judgeTemplate(`${template}{{ messages[0]['${name}'] }}`)).not.toEqual([])
      }),
    )
  })
})
