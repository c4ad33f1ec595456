/** How the API's page looks: the system's own fonts and colours, and nothing from elsewhere. */
export const DOCS_STYLE = `:root { color-scheme: light dark; --line: color-mix(in srgb, currentcolor 20%, transparent) }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr) }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line) }
nav h2 { font-size: 0.95rem; margin: 0.8rem 0 0 }
nav ul { list-style: none; margin: 0; padding-left: 0.8rem; font-size: 0.88rem }
main { padding: 1rem 2rem 4rem; max-width: 62rem }
article { border-top: 1px solid var(--line); padding-top: 0.5rem; margin-top: 1.5rem }
a { color: inherit }
code, pre { font: 0.86em/1.45 ui-monospace, monospace }
td code { overflow-wrap: anywhere }
pre { overflow: auto; max-height: 28rem; padding: 0.7rem; border: 1px solid var(--line); border-radius: 6px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid var(--line) }
.route span { opacity: 0.75 }
.codes { list-style: none; padding: 0 }
:target { scroll-margin-top: 1rem; outline: 2px solid; outline-offset: 6px }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto; border: 0 } main { padding: 1rem } }
`
