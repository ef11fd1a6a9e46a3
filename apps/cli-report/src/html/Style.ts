/** The style sheet of the page: a screen, a phone, paper. */
import * as Palette from "./Palette.ts"

const screen = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:auto}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:928px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:30px;line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
h2{font-size:22px;line-height:1.3;margin:0 0 8px}
h3{font-size:16px;line-height:1.4;margin:0 0 6px}
p{margin:0 0 12px;max-width:46em}
a{color:var(--first)}
section{margin:0 0 56px;padding-top:16px;border-top:1px solid var(--line)}
:focus-visible{outline:3px solid var(--second);outline-offset:2px}
.skip{position:absolute;left:-999em;top:8px;padding:8px 12px;background:var(--paper);color:var(--ink);border:2px solid var(--second)}
.skip:focus{left:8px}
.lead{color:var(--muted);margin-bottom:4px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin:16px 0 32px;padding:0}
nav a{display:inline-block;padding:4px 0}
.alert{background:var(--alert);border-left:4px solid var(--alert-line);padding:12px 16px;margin:0 0 32px}
.alert.calm{background:var(--panel);border-color:var(--line)}
.alert h2{font-size:17px;margin:0 0 4px}
.alert ul{margin:0;padding-left:20px}
.alert p{margin:0}
.tiles{display:grid;grid-template-columns:repeat(2,1fr);gap:16px;margin:16px 0 24px;padding:0}
.tile{background:var(--panel);border-radius:8px;padding:14px 16px}
.tile dt{font-size:14px;color:var(--muted)}
.tile dd{margin:0}
.tile .figure{font-size:28px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile .range,.tile .of{font-size:14px;line-height:1.45}
.tile .of{color:var(--muted)}
.keep{white-space:nowrap}
.words{margin:0 0 16px;padding-left:20px;max-width:46em}
.words li{margin-bottom:6px}
figure{margin:28px 0 24px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 20px;margin:0 0 8px;padding:0;font-size:14px;color:var(--muted)}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg{flex:none}
.chart{display:block;width:100%;height:auto}
.chart text{white-space:pre}
.wide .chart{max-width:880px}
.narrow{display:none}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 24px}
.printed{display:none}
.note{font-size:14px;color:var(--muted)}
details{margin:4px 0 8px}
summary{cursor:pointer;padding:6px 0;font-size:14px;color:var(--first)}
.scroll{overflow-x:auto;margin:4px 0 16px}
table{border-collapse:collapse;font-size:14px;line-height:1.4;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:4px 0 6px}
details caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:5px 20px 5px 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid);white-space:nowrap}
th[scope=row],.text{text-align:left}
td.text{white-space:normal;min-width:8em;max-width:22em}
th[scope=row]{white-space:normal;min-width:10em;max-width:22em}
td.text{max-width:30em;padding-left:4px}
thead th{white-space:normal;max-width:8.5em;color:var(--muted);font-weight:600;border-bottom-color:var(--line);vertical-align:bottom}
tbody th{font-weight:500;overflow-wrap:anywhere}
.total th,.total td{font-weight:650;border-top:1px solid var(--line)}
.why{font-size:12px;color:var(--muted);white-space:normal}
h3.later{margin-top:28px}
dl.terms{margin:0;max-width:46em}
dl.terms dt{font-weight:600;margin-top:12px}
dl.terms dd{margin:2px 0 0}
code{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{font-size:14px;color:var(--muted);padding-bottom:48px}`

const phone = `
@media screen and (max-width:767px){
body{font-size:16px}
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:24px}
h1{font-size:25px}
h2{font-size:20px}
section{margin-bottom:40px}
.wide{display:none}
.narrow{display:block}
.narrow .chart{max-width:520px}
.pair{display:block}
.tiles{grid-template-columns:1fr 1fr;gap:10px}
.tile:first-child,.tile:nth-child(n+4){grid-column:1/-1}
.tile{padding:10px 12px}
.tile .figure{font-size:23px}
}`

const paper = `
@media print{
@page{margin:14mm 13mm}
body{font-size:10pt}
main,header,footer{max-width:none;padding:0}
header{padding-top:0}
h1{font-size:20pt}
h2{font-size:14pt}
h3{font-size:11pt}
.skip,nav,summary{display:none}
section{margin-bottom:18pt}
h2,h3,caption,.legend{break-after:avoid}
p{break-inside:avoid;max-width:none}
section>p:first-of-type{break-after:avoid}
tbody tr:first-child{break-before:avoid}
.printed{display:block}
details.long{display:none}
figure{margin:12pt 0 6pt}
.legend,.wide,.tile,.alert,dl.terms dd{break-inside:avoid}
.tile,.alert{border:1px solid var(--line);background:none}
.alert{border-left-width:4px}
.legend,.note,.tile .range,.tile .of{font-size:8.5pt}
details::details-content{display:block;content-visibility:visible;block-size:auto}
details caption{position:static;width:auto;height:auto;clip-path:none}
.scroll{overflow:visible}
.pair{display:block}
.pair .chart{max-width:90mm}
table{font-size:7.5pt;width:100%}
thead{display:table-header-group}
tr{break-inside:avoid}
th,td{padding:2pt 4pt 2pt 0}
thead th,td.text,th[scope=row]{white-space:normal}
td.text{min-width:0}
th[scope=row]{min-width:7em;max-width:16em}
code{font-size:6.5pt}
.why{font-size:6.5pt}
a{color:inherit;text-decoration:none}
}`

/** All of it. */
export const css = [Palette.css, screen, phone, paper].join("\n")
