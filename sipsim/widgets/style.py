"""How a panel looks: one style sheet, in JupyterLab's own colours where there are any, with others for elsewhere."""

STYLE = """<style>
.sipsim-panel {
  --sipsim-line: var(--jp-border-color1, #bdbdbd); --sipsim-paper: var(--jp-layout-color1, #fff);
  --sipsim-ink: var(--jp-ui-font-color1, #212121); --sipsim-faint: var(--jp-ui-font-color2, #616161);
  display: flex; flex-direction: column; gap: 8px; max-width: 1120px; padding: 10px; overflow: hidden;
  border: 1px solid var(--sipsim-line); border-radius: 8px; color: var(--sipsim-ink); font-size: 13px;
}
.sipsim-panel .widget-html, .sipsim-panel .widget-html-content { margin: 0; height: auto; line-height: 1.45; }
.sipsim-panel .widget-html-content { font-size: 13px; overflow-wrap: anywhere; white-space: normal; }
.sipsim-panel button { border-radius: 4px; padding: 0 12px; margin: 0; flex: none; }
.sipsim-panel select { border-radius: 4px; text-overflow: ellipsis; }
.sipsim-panel .widget-dropdown { margin: 0; min-width: 0; flex: 0 1 auto; }
.sipsim-row, .sipsim-bar, .sipsim-cards { display: flex; flex-flow: row wrap; gap: 6px; align-items: center; }
.sipsim-row { flex-wrap: nowrap; min-width: 0; overflow: visible; }
.sipsim-cards { align-items: stretch; gap: 8px; overflow: visible; }
.sipsim-phones { display: grid; grid-template-columns: repeat(auto-fit, minmax(236px, 1fr)); }
.sipsim-card {
  display: flex; flex-direction: column; gap: 7px; min-width: 0; padding: 8px 10px; overflow: visible;
  border: 1px solid var(--sipsim-line); border-radius: 6px; background: var(--sipsim-paper);
}
.sipsim-servers .sipsim-card { flex: 1 1 198px; }
.sipsim-servers .sipsim-network-card { flex-basis: 212px; }
.sipsim-card b { font-size: 14px; }
.sipsim-card b + span { color: var(--sipsim-faint); font-size: 12px; }
.sipsim-card > :nth-child(2) { flex: 1 0 auto; }
.sipsim-good, .sipsim-wait, .sipsim-bad, .sipsim-idle { display: block; padding-left: 1.3em; text-indent: -1.3em; }
.sipsim-good::before, .sipsim-wait::before, .sipsim-bad::before, .sipsim-idle::before {
  display: inline-block; width: 1.3em; text-indent: 0; font-weight: bold;
}
.sipsim-clock span { display: inline; padding: 0 6px; }
.sipsim-good::before { content: "●"; color: #009e73; }
.sipsim-wait::before { content: "◐"; color: #d55e00; }
.sipsim-bad::before { content: "╳"; color: #d55e00; }
.sipsim-idle::before { content: "○"; color: var(--sipsim-faint); }
.sipsim-wait, .sipsim-bad { font-weight: 600; }
.sipsim-clock time { font-variant-numeric: tabular-nums; font-weight: 600; }
.sipsim-problem [role="alert"] {
  padding: 5px 9px; border-left: 4px solid #d55e00; background: var(--jp-layout-color2, #f5f5f5); font-weight: 600;
}
.sipsim-clicks, .sipsim-ladder { display: flex; flex-direction: column-reverse; overflow: auto; }
.sipsim-ladder {
  max-height: 520px; padding: 4px; border: 1px solid var(--sipsim-line); border-radius: 6px;
  background: var(--sipsim-paper);
}
.sipsim-ladder svg { display: block; margin: auto; }
.sipsim-servers .sipsim-log { flex: 2 1 280px; position: relative; min-height: 104px; }
.sipsim-clicks { position: absolute; inset: 32px 4px 6px 10px; }
.sipsim-panel .sipsim-lines { margin: 0 0 auto; flex: none; }
.sipsim-clicks ol { margin: 0; padding: 0; list-style: none; }
.sipsim-clicks li { display: grid; grid-template-columns: 3.6em 1fr; }
.sipsim-clicks time { color: var(--sipsim-faint); font-variant-numeric: tabular-nums; font-size: 12px; }
.sipsim-clicks code { background: none; color: inherit; font-size: 12px; }
.sipsim-clicks em { color: var(--sipsim-faint); font-style: normal; }
.sipsim-clicks .sipsim-failed em { color: #d55e00; }
</style>"""
