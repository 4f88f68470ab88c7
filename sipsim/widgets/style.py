"""How a panel looks: one style sheet, in JupyterLab's own colours where there are any, with others for elsewhere."""

from sipsim.widgets.still import HIDDEN

STYLE = (
    f"<style>{HIDDEN}"
    """
.sipsim-panel {
  --sipsim-line: var(--jp-border-color1, #bdbdbd); --sipsim-paper: var(--jp-layout-color1, #fff);
  --sipsim-ink: var(--jp-ui-font-color1, #212121); --sipsim-faint: var(--jp-ui-font-color2, #616161);
  --sipsim-shade: var(--jp-layout-color2, #f5f5f5); --sipsim-bad: #d55e00; --sipsim-good: #009e73;
  --sipsim-focus: #0f62ad;
  display: flex; flex-direction: column; gap: 8px; max-width: 1240px; padding: 10px; overflow: hidden;
  border: 1px solid var(--sipsim-line); border-radius: 8px; color: var(--sipsim-ink); font-size: 13px;
}
.sipsim-panel .widget-html, .sipsim-panel .widget-html-content { margin: 0; height: auto; line-height: 1.45; }
.sipsim-panel .widget-html-content { font-size: 13px; overflow-wrap: anywhere; white-space: normal; }
.sipsim-panel .jupyter-button { border-radius: 4px; padding: 0 11px; margin: 0; flex: none; color: var(--sipsim-ink); }
.sipsim-panel .jupyter-button.mod-info { color: #fff; background: #0f62ad; }
.sipsim-panel .jupyter-widgets button:focus-visible, .sipsim-panel .jupyter-button:focus-visible,
.sipsim-panel .jupyter-widgets :is(select, input, textarea):focus-visible {
  outline: 2px solid var(--sipsim-focus) !important; outline-offset: 1px;
}
[data-jp-theme-light="false"] .sipsim-panel {
  --sipsim-focus: #56b4e9;
  --jp-widgets-dropdown-arrow: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'\
%3E%3Cpath d='M5 7l4 4 4-4' fill='none' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E");
}
.sipsim-keys { display: none; }
.sipsim-panel .widget-dropdown select { border-radius: 4px; text-overflow: ellipsis; }
.sipsim-panel .widget-dropdown, .sipsim-panel .widget-text { margin: 0; min-width: 0; flex: 0 1 auto; }
.sipsim-panel .widget-label { width: auto; min-width: 88px; text-align: left; margin: 0 8px 0 0; }
.sipsim-unlabelled > .widget-label {
  position: absolute; width: 1px; min-width: 0; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%);
}
.sipsim-row, .sipsim-bar, .sipsim-cards, .sipsim-tabs {
  display: flex; flex-flow: row wrap; gap: 6px; align-items: center; overflow: visible; min-width: 0;
}
.sipsim-bar .sipsim-status { flex: 1 1 100%; min-width: 0; max-width: 100%; color: var(--sipsim-faint); }
.sipsim-bar .sipsim-status .widget-html-content { min-width: 0; font-size: 12px; }
.sipsim-bar .sipsim-status [role="status"] { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.sipsim-bar .sipsim-clock { min-width: 172px; }
.sipsim-cards { display: grid; align-items: stretch; gap: 8px; }
.sipsim-cards { grid-template-columns: repeat(auto-fit, minmax(254px, 1fr)); }
.sipsim-card {
  display: flex; flex-direction: column; gap: 6px; min-width: 0; padding: 7px 8px; overflow: visible;
  border: 1px solid var(--sipsim-line); border-radius: 6px; background: var(--sipsim-paper);
}
.sipsim-card .sipsim-row { gap: 4px; }
.sipsim-card .jupyter-button { padding: 0 6px; }
.sipsim-row:has(> [style*="display: none"]:only-child) { display: none; }
.sipsim-links-card .widget-inline-hbox:has(input) { flex-direction: column; align-items: stretch; height: auto; }
.sipsim-links-card .widget-label { font-size: 11px; height: auto; line-height: 1.3; color: var(--sipsim-faint); }
.sipsim-card b { font-size: 14px; }
.sipsim-card b + span { color: var(--sipsim-faint); font-size: 12px; }
.sipsim-card > :nth-child(2) { flex: 1 0 auto; }
.sipsim-card .widget-dropdown, .sipsim-card .widget-text { flex: 1 1 68px; max-width: 100%; }
.sipsim-good, .sipsim-wait, .sipsim-bad, .sipsim-idle { display: block; padding-left: 1.3em; text-indent: -1.3em; }
.sipsim-good::before, .sipsim-wait::before, .sipsim-bad::before, .sipsim-idle::before {
  display: inline-block; width: 1.3em; text-indent: 0; font-weight: bold;
}
.sipsim-clock span { display: inline; padding: 0 6px; }
.sipsim-good::before { content: "●"; color: var(--sipsim-good); }
.sipsim-wait::before { content: "◐"; color: var(--sipsim-bad); }
.sipsim-bad::before { content: "╳"; color: var(--sipsim-bad); }
.sipsim-idle::before { content: "○"; color: var(--sipsim-faint); }
.sipsim-wait, .sipsim-bad { font-weight: 600; }
.sipsim-clock time { font-variant-numeric: tabular-nums; font-weight: 600; }
.sipsim-problem [role="alert"] {
  padding: 5px 9px; border-left: 4px solid var(--sipsim-bad); background: var(--sipsim-shade); font-weight: 600;
}
.sipsim-pages { display: flex; flex-direction: column; gap: 0; overflow: visible; }
.sipsim-tabs { gap: 2px; }
.sipsim-tabs .jupyter-button { border-radius: 6px 6px 0 0; border: 1px solid var(--sipsim-line); border-bottom: none; }
.sipsim-drawn, .sipsim-page {
  border: 1px solid var(--sipsim-line); border-radius: 0 6px 6px 6px; background: var(--sipsim-paper);
}
.sipsim-drawn {
  display: flex; flex-direction: column-reverse; overflow: auto; height: 500px; padding: 4px;
}
.sipsim-drawn > * { flex: none; }
.sipsim-played { display: block; overflow: visible; }
.sipsim-played .sipsim-player { border-radius: 0 6px 6px 6px; margin: 0; }
.sipsim-played .sipsim-player .body { height: 500px; }
.sipsim-played .sipsim-player .find { flex-basis: 420px; }
.sipsim-played .sipsim-player .side.empty { display: none; }
.sipsim-played .sipsim-player .body:has(.side.empty) { grid-template-columns: minmax(0, 1fr); }
.sipsim-played .sipsim-player .title { visibility: hidden; }
.sipsim-drawn svg { display: block; margin: auto; }
.sipsim-page { display: flex; flex-direction: column; gap: 8px; overflow: auto; height: 500px; padding: 8px 10px; }
.sipsim-page > * { flex: none; max-width: 100%; overflow: visible; }
.sipsim-page p { margin: 4px 0; }
.sipsim-page code { background: none; color: inherit; font-size: 12px; }
.sipsim-page span { color: var(--sipsim-faint); }
.sipsim-page .sipsim-wait, .sipsim-page .sipsim-bad { color: inherit; }
.sipsim-page table { border-collapse: collapse; font-size: 12px; margin: 0; }
.sipsim-page th, .sipsim-page td {
  text-align: left; vertical-align: top; padding: 2px 14px 2px 0; border: none; background: none; max-width: 460px;
}
.sipsim-page tr { background: none; }
.sipsim-page pre {
  margin: 6px 0; padding: 6px 9px; background: var(--sipsim-shade); font-size: 12px; white-space: pre-wrap; }
.sipsim-page ul { margin: 4px 0; padding-left: 20px; }
.sipsim-message-which { width: 420px; }
.sipsim-states-which { width: 460px; }
.sipsim-on-dark, [data-jp-theme-light="false"] .sipsim-on-light { display: none; }
[data-jp-theme-light="false"] .sipsim-on-dark { display: block; }
.sipsim-states-chart svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.sipsim-lines ol { margin: 0; padding: 0; list-style: none; }
.sipsim-lines li { display: grid; grid-template-columns: 5em 1fr; }
.sipsim-lines time { color: var(--sipsim-faint); font-variant-numeric: tabular-nums; font-size: 12px; }
.sipsim-lines em { color: var(--sipsim-faint); font-style: normal; }
.sipsim-lines .sipsim-failed em { color: var(--sipsim-bad); }
.sipsim-intercept { flex-direction: row; flex-wrap: wrap; gap: 16px; align-items: stretch; }
.sipsim-traps, .sipsim-caught { display: flex; flex-direction: column; gap: 7px; overflow: visible; min-width: 0; }
.sipsim-traps { flex: 0 1 248px; }
.sipsim-caught { flex: 1 1 380px; }
.sipsim-traps .widget-label { min-width: 40px; }
.sipsim-caught .widget-textarea, .sipsim-caught > .widget-dropdown { width: 100%; margin: 0; }
.sipsim-caught textarea { font-family: var(--jp-code-font-family, monospace); font-size: 12px; resize: none; }
.sipsim-intercept-delay { width: 160px; }
</style>"""
)
