/**
 * The report's style sheet. The colours of the charts are custom properties here, and the page's script reads them: so light,
 * dark and print are defined in one place. Series have the colours of Okabe and Ito's palette, which people with the common
 * kinds of colour blindness can tell apart; the diverging scale is blue to orange for the same reason.
 */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5a6675; --line: #dde2e8; --grid: #e9edf1;
  --series-0: #4b5563; --series-1: #0072b2; --series-2: #d55e00; --series-3: #009e73; --series-4: #aa4499; --series-5: #b08800;
  --less-2: #08519c; --less-1: #74add1; --zero: #f7f7f7; --more-1: #f4a259; --more-2: #b34700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161c; --card: #1a212a; --ink: #e6ebf1; --soft: #9aa7b5; --line: #2d3743; --grid: #27303a;
    --series-0: #aeb8c4; --series-1: #56b4e9; --series-2: #f08b4b; --series-3: #2fc79a; --series-4: #d98cc4; --series-5: #e6c34a;
    --less-2: #6cb8ff; --less-1: #2f6ea3; --zero: #242c36; --more-1: #a3581c; --more-2: #ff9d52;
  }
}
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #cccccc; --grid: #e9edf1;
    --series-0: #4b5563; --series-1: #0072b2; --series-2: #d55e00; --series-3: #009e73; --series-4: #aa4499; --series-5: #b08800;
    --less-2: #08519c; --less-1: #74add1; --zero: #f7f7f7; --more-1: #f4a259; --more-2: #b34700;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
}
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 44px; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 8px; }
h2 { font-size: 1.3rem; margin: 44px 0 10px; }
h3 { font-size: 1rem; margin: 0; }
p { max-width: 76ch; margin: 0 0 14px; }
.lead { color: var(--soft); font-size: 1.08rem; }
.note { color: var(--soft); font-size: 0.86rem; margin-top: 8px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; }
figure {
  margin: 0 0 16px; padding: 16px 18px 10px; min-width: 0;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
.grid figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; }
figcaption p { color: var(--soft); font-size: 0.86rem; margin: 0; }
.chart { width: 100%; height: 340px; }
.choice { margin-left: auto; font-size: 0.86rem; display: flex; gap: 14px; }
.choice label { cursor: pointer; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 14px; text-align: right; white-space: nowrap; }
thead th { font-size: 0.8rem; font-weight: 600; color: var(--soft); white-space: normal; vertical-align: bottom; }
tbody tr { border-top: 1px solid var(--line); }
tr > :first-child { text-align: left; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 9px; background: var(--soft); }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 4px 28px; margin: 0; }
.settings div { display: flex; justify-content: space-between; gap: 12px; border-bottom: 1px solid var(--line); padding: 4px 0; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
footer { color: var(--soft); font-size: 0.86rem; padding-top: 36px; padding-bottom: 40px; }
@media print {
  body { font-size: 11pt; }
  figure, table, .settings div { break-inside: avoid; }
  h2 { break-after: avoid; }
  p { break-inside: avoid; }
  .grid { grid-template-columns: 1fr; }
  .choice { display: none; }
  .scroll { overflow: visible; }
  th, td { padding: 4px 6px; font-size: 9pt; }
  thead th { font-size: 8pt; }
}
`;
