"""How the report looks: one style sheet, light and dark, from a phone's width to paper."""

CSS = """
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --ink: #22272e; --dim: #656d76; --line: #dcd8cf;
  --up: 201 86 15; --down: 38 103 181; --accent: #b3401f;
  --hot: 224 110 40; --cold: 52 122 205; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --card: #1d2126; --ink: #e8e6e1; --dim: #9aa3ad;
  --line: #353b42; --up: 255 150 80; --down: 106 170 255; --accent: #ff8a5c;
  --hot: 200 92 30; --cold: 52 108 190; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
main { max-width: 1040px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: clamp(30px, 6vw, 54px); line-height: 1.05; margin: 4px 0 12px; letter-spacing: -.02em; }
h2 { font-size: 22px; margin: 44px 0 4px; letter-spacing: -.01em; }
h3 { font-size: 16px; margin: 0 0 6px; }
p { margin: 0 0 10px; }
.dim, figcaption, .note { color: var(--dim); font-size: 14px; }
.note { max-width: 66ch; margin-bottom: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px; break-inside: avoid; }
.name { border-top: 6px solid var(--accent); padding: 24px 26px; }
.kicker { color: var(--accent); font-weight: 700; font-size: 13px; letter-spacing: .12em; text-transform: uppercase; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 0; padding: 0; list-style: none; }
.facts b { display: block; color: var(--ink); font-size: 27px; line-height: 1.1; font-variant-numeric: tabular-nums; }
.facts li { color: var(--dim); font-size: 14px; }
.lead { font-size: 19px; line-height: 1.4; margin: 0 0 18px; max-width: 56ch; }
.grid { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
.wheel { max-width: 640px; margin: 0 auto 14px; }
.habit p { margin-bottom: 6px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font-family: inherit; paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
svg .dim { fill: var(--dim); }
.up { fill: rgb(var(--up)); } .down { fill: rgb(var(--down)); } .even { fill: var(--dim); }
.rule { stroke: var(--line); stroke-width: 1; fill: none; } .tick { stroke: var(--dim); stroke-width: 1.5; }
.span { fill: var(--ink); opacity: .1; }
.bars { width: 100%; border-collapse: collapse; font-size: 14px; }
.bars td { padding: 1px 0; } .bars td:first-child { width: 40%; color: var(--dim); } .bars td:last-child { width: 60%; }
.scroll { overflow-x: auto; }
.heat { border-collapse: separate; border-spacing: 2px; font-size: 13px; width: 100%; font-variant-numeric: tabular-nums; }
.heat th { font-weight: 600; padding: 2px 4px; overflow-wrap: normal; } .heat th:first-child { text-align: left; position: sticky; left: 0; background: var(--card);
  min-width: 108px; max-width: 190px; }
.heat thead th { color: var(--dim); font-weight: 500; }
.heat td { text-align: center; border-radius: 5px; min-width: 44px; height: 27px; padding: 0 2px; white-space: nowrap; }
.heat td.hot { background: rgb(var(--hot) / var(--depth)); } .heat td.cold { background: rgb(var(--cold) / var(--depth)); }
.heat td.still { background: rgb(128 128 128 / .12); } .heat td.none { color: var(--line); }
ul.plain { padding-left: 20px; margin: 0; } ul.plain li { margin-bottom: 6px; }
details summary { cursor: pointer; color: var(--accent); margin: 14px 0; }
footer { margin-top: 44px; color: var(--dim); font-size: 13px; border-top: 1px solid var(--line); padding-top: 12px; }
@media (max-width: 560px) { main { padding: 12px 12px 32px; } .name { padding: 18px; } .card { padding: 14px; }
  .facts { gap: 8px 22px; } .facts b { font-size: 22px; } .lead { font-size: 17px; } 
  .moods { grid-template-columns: 1fr 1fr; } .wheel { padding: 4px; } .wheel text { font-size: 26px; } .wheel text.dim { display: none; }
  .heat { font-size: 11px; } .heat td { min-width: 27px; white-space: normal; line-height: 1.15; height: 32px; padding: 0; }
  .heat thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: 2px; }
  .heat th:first-child { max-width: 84px; min-width: 74px; padding-left: 0; } }
@media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #22272e; --dim: #555; --line: #ccc;
  --up: 201 86 15; --down: 38 103 181; --accent: #b3401f; --hot: 224 110 40; --cold: 52 122 205; } main { padding: 0; max-width: none; }
  body { font-size: 13px; } .wide { grid-template-columns: 1fr 1fr; } .moods { grid-template-columns: repeat(4, 1fr); }
  .wheel { max-width: 460px; padding: 0; } .note { break-after: avoid; break-inside: avoid; } .heat td { height: 21px; }
  .card { padding: 12px 14px; } h2 { break-after: avoid; margin-top: 26px; } .scroll { overflow: visible; } }
"""
