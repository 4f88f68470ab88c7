// The ladder that plays, in a notebook and in a page of its own: it animates, selects and filters what Python drew.
//
// Nothing is laid out here. A book (made by pictures/player/book.py) has the pieces of each page as SVG, the heights of
// instants, and what is to be said of each message. Whatever came off the wire goes through textContent and
// setAttribute, and of the SVG only those elements and attributes that Python writes are taken over.

const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(["svg", "g", "path", "rect", "text", "tspan", "title"]);
const ATTRIBUTES = new Set([
  "class", "d", "x", "y", "width", "height", "rx", "dx", "text-anchor", "transform", "stroke-dasharray", "data-key",
]);
const PACE = 55; // pixels a second at speed 1
const LISTED = 500; // messages in the list at once
const TABS = ["Message", "Headers", "Why", "Difference", "States"];
const ICONS = {
  play: "M4 2.5v11l9.5-5.5z", pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  back: "M3 2.5h2v11H3zM13 2.5v11L6 8z", next: "M11 2.5h2v11h-2zM3 2.5v11L10 8z",
};

const COUNT = Symbol.for("sipsim.players"); // a page may hold several copies of this script

function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function icon(name) {
  const drawing = svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true", class: "icon" });
  drawing.append(svg("path", { d: ICONS[name], fill: "currentColor" }));
  return drawing;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const seconds = (time) => `${time.toFixed(3)} s`;

/** Pieces of SVG as nodes by key; what is not on the two lists above is left out. */
function nodesOf(parts) {
  const nodes = new Map();
  const markup = Object.values(parts).join("");
  const parsed = new DOMParser().parseFromString(`<svg xmlns="${SVG}">${markup}</svg>`, "image/svg+xml").documentElement;
  const keys = Object.keys(parts);
  [...parsed.children].forEach((child, i) => nodes.set(keys[i], adopted(child)));
  return nodes;
}

function adopted(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.namespaceURI !== SVG || !ELEMENTS.has(node.localName)) return document.createTextNode("");
  const copy = document.createElementNS(SVG, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) copy.setAttribute(name, value);
  copy.append(...[...node.childNodes].map(adopted));
  return copy;
}

/** What a book says of a message, made as nodes; `go(number)` leads to another message. */
const inspect = {
  Message(book, message) {
    const [head, body] = halves(message);
    const lines = head.map((line, i) => h("div", { class: i ? "line" : "line first" }, ...named(line, i)));
    const rest = body.map((line) => h("div", { class: "line body" }, line || "\u200b"));
    const odd = message.lines.some((line) => /\\x[0-9a-f]{2}|\\u[0-9a-f]{4}/.test(line));
    return [
      h("pre", { tabindex: 0, "aria-label": "The message as text", class: "raw" }, ...lines, ...rest),
      odd ? h("p", { class: "hint" }, "What can't be shown stands as its code: \\x00 is an octet, \\u202e a character.") : null,
    ];
  },

  Headers(book, message) {
    const rows = [meaningRow(startLine(book, message), message.lines[0] ?? "", "start line")];
    let at = 1;
    for (const [name, count] of message.fields) {
      const text = message.lines.slice(at, at + count).join("\n");
      const colon = text.indexOf(":");
      const known = book.words.fields[name] ?? ["No field that is known here: it is carried along as it is.", ""];
      rows.push(meaningRow(known, name ? text.slice(colon + 1).trim() : text, name ? text.slice(0, colon).trim() : "no field"));
      at += count;
    }
    return [h("dl", { class: "fields" }, ...rows.flat())];
  },

  Why(book, message, go) {
    const steps = [];
    for (let id = message.record, seen = 0; id && book.sentences[id] && seen < 500; seen++) {
      const [words, cause, number] = book.sentences[id];
      const told = seen && book.messages[number] ? h("button", { type: "button", class: "link", onclick: () => go(number) }, words) : words;
      steps.push(h("li", {}, seen ? h("span", { class: "because" }, "because ") : null, told));
      id = cause;
    }
    const root = "The last line has no cause in the run: a story's start, a script's line, a click, or a message from outside.";
    return [h("ol", { class: "why" }, ...steps), h("p", { class: "hint" }, root)];
  },

  Difference(book, message, go) {
    const before = book.messages[message.before];
    if (message.before && !before) return [h("p", { class: "hint" }, `The hop before is message ${message.before}, which this ladder leaves out.`)];
    if (!before) return [h("p", { class: "hint" }, `${message.from} made this message: there is no hop before.`)];
    const number = message.before;
    const link = h("button", { type: "button", class: "link", onclick: () => go(number) }, `${number} ${before.text}`);
    const head = h("p", {}, "Compared with ", link, `, ${before.from} → ${before.to}: `);
    if (!message.changes.length) return [head, h("p", { class: "hint" }, "no line differs.")];
    const chips = h("ul", { class: "chips", "aria-label": "What changed" }, ...summary(before, message));
    return [head, chips, h("pre", { tabindex: 0, class: "raw diff", "aria-label": "All lines, removed and added ones marked" }, ...diff(before, message))];
  },

  States(book, message) {
    if (!message.states) return [h("p", { class: "hint" }, "No transaction keeps a state for this message, or the trace has no states.")];
    return message.states.flatMap((standing) => machine(book, message, standing));
  },
};

function halves(message) {
  const end = message.lines.indexOf("");
  return end < 0 ? [message.lines, []] : [message.lines.slice(0, end), message.lines.slice(end)];
}

function named(line, i) {
  const colon = line.indexOf(":");
  if (!i || colon < 1 || /^\s/.test(line)) return [line];
  return [h("span", { class: "name" }, line.slice(0, colon)), line.slice(colon)];
}

function meaningRow([words, section], value, name) {
  return [
    h("dt", {}, h("span", { class: "name" }, name)),
    h("dd", {}, h("code", {}, value || "(empty)"), h("p", {}, words, " ", section ? h("span", { class: "rfc" }, section) : null)),
  ];
}

function startLine(book, message) {
  const words = (message.lines[0] ?? "").split(" ");
  const known = words[0].startsWith("SIP/") ? book.words.statuses[words[1]] : book.words.methods[words[0]];
  return known ?? ["No method or status that is known here.", ""];
}

function nameAt(message, line) {
  if (!line) return "start line";
  let at = 1;
  for (const [, count] of message.fields) {
    if (line < at + count) return message.lines[at].split(":")[0].trim() || "header";
    at += count;
  }
  return line === at ? "" : "body";
}

function summary(before, after) {
  const counts = new Map();
  const count = (message, from, to, way) => {
    for (let i = from; i < to; i++) {
      const name = nameAt(message, i);
      if (!name) continue;
      if (!counts.has(name)) counts.set(name, [0, 0]);
      counts.get(name)[way] += 1;
    }
  };
  for (const [a, b, c, d] of after.changes) {
    count(before, a, b, 0);
    count(after, c, d, 1);
  }
  return [...counts].map(([name, [gone, come]]) => {
    const [mark, how] = gone && come ? ["±", "changed"] : come ? ["+", "added"] : ["−", "removed"];
    return h("li", { class: how }, h("span", { "aria-hidden": "true" }, mark), ` ${name} `, h("span", { class: "how" }, how));
  });
}

function diff(before, after) {
  const made = [];
  const put = (sign, line, kind) => {
    const said = { "+": "added: ", "−": "removed: " }[sign];
    made.push(h("div", { class: `line ${kind}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), said ? h("span", { class: "unseen" }, said) : null, line || "\u200b"));
  };
  let at = 0;
  for (const [a, b, c, d] of after.changes) {
    for (; at < c; at++) put(" ", after.lines[at], "same");
    for (let i = a; i < b; i++) put("−", before.lines[i], "gone");
    for (; at < d; at++) put("+", after.lines[at], "come");
  }
  for (; at < after.lines.length; at++) put(" ", after.lines[at], "same");
  return made;
}

function machine(book, message, [element, name, transaction, state, row]) {
  const table = book.words.machines[name];
  const visited = new Set(table ? [table.initial] : []);
  for (const other of Object.values(book.messages)) {
    if (other.record > message.record) continue;
    for (const [who, what, which, where] of other.states ?? []) {
      if (who === element && what === name && which === transaction) visited.add(where);
    }
  }
  const states = (table?.states ?? [state]).map((one) => {
    const kind = one === state ? "state now" : visited.has(one) ? "state been" : "state";
    return h("li", { class: kind, "aria-current": one === state ? "step" : null }, one);
  });
  const onwards = (table?.rows ?? []).filter(([from, , to]) => from === state && to !== state);
  const ways = onwards.map(([, input, to]) => h("li", {}, h("code", {}, input), " → ", to));
  return [
    h("p", { class: "machine" }, h("strong", {}, `${element}: ${name}`), h("span", { class: "rfc" }, table?.rfc ?? "")),
    h("p", { class: "branch" }, transaction),
    h("ol", { class: "states" }, ...states),
    row.length ? h("p", {}, "Here it took the row ", h("code", {}, `${row[0]}, ${row[1]}`), ".") : null,
    ways.length ? h("div", { class: "ways" }, h("span", {}, "From here"), h("ul", {}, ...ways)) : null,
    table?.chart ? chart(table.chart, `State chart: ${element}'s ${name}, ${state}`, state, row, visited) : null,
  ];
}

let charted = true; // whether readers want to see charts; one who closes one closes all

/** The whole machine as Python drew it, with the present state, the last row and the states before marked. */
function chart({ width, height, parts, states, ways }, label, state, row, visited) {
  const drawing = svg("svg", { role: "img", "aria-label": label, viewBox: `0 0 ${width} ${height}`, class: "chart" });
  drawing.style.width = `${Math.round(width * 0.8)}px`;
  drawing.append(...nodesOf(parts).values());
  const mark = (key, kind) => key && drawing.querySelector(`[data-key="${CSS.escape(key)}"]`)?.classList.add(kind);
  visited.forEach((one) => mark(states[one], "been"));
  mark(states[state], "now");
  mark(ways[row.join(" ")], "taken");
  const details = h("details", { open: charted }, h("summary", {}, "State chart"), h("div", { class: "charted", tabindex: 0, role: "group", "aria-label": label }, drawing));
  details.addEventListener("toggle", () => { charted = details.open; });
  return details;
}

/** One player on one element; `state` holds selected, position, playing and filter, and may be shared with Python. */
class Player {
  constructor(root, book, state, level = 2) {
    Object.assign(this, { root, book, state, level });
    globalThis[COUNT] = (globalThis[COUNT] ?? 0) + 1;
    this.id = `sipsim-player-${globalThis[COUNT]}`;
    this.index = -1;
    this.nodes = new Map();
    this.haystacks = new Map();
    this.tab = "Message";
    this.listing = false;
    this.speed = 1;
    this.low = true;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.leave = [];
    this.build();
    this.theme();
    this.order = Object.keys(this.book.messages).map(Number).sort((a, b) => a - b);
    this.measure();
    this.g = state.get("position") === null ? this.total : this.atTime(state.get("position"));
    this.filter();
    this.move(this.g, false);
    this.choose(false);
    for (const [name, fn] of [["selected", () => this.choose()], ["position", () => this.seek()], ["playing", () => this.run()], ["filter", () => this.filter()], ["problem", () => this.complain()]]) this.leave.push(state.on(name, fn));
    this.complain();
    this.run();
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.frame);
    this.leave.forEach((leave) => leave());
    this.root.replaceChildren();
  }

  // ---- furniture

  build() {
    const button = (name, label, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, icon(name));
    this.play = h("button", { type: "button", class: "play", onclick: () => this.state.set("playing", !this.state.get("playing")) });
    this.scrub = h("input", { type: "range", min: 0, max: 1000, value: 1000, step: 1, "aria-label": "Position in the run", class: "scrub", oninput: () => this.scrubbed() });
    this.time = h("span", { class: "time", title: "Time in the run" });
    const speeds = [0.25, 0.5, 1, 2, 4].map((speed) => h("option", { value: speed, selected: speed === 1 }, `${speed}×`));
    const pace = h("select", { "aria-label": "Speed", onchange: (event) => { this.speed = Number(event.target.value); } }, ...speeds);
    this.search = h("input", { type: "search", placeholder: "Filter: INVITE, bob, 200 …", "aria-label": "Filter messages by any of their words", oninput: () => this.filtered() });
    this.call = h("select", { "aria-label": "Show one call", onchange: () => this.filtered() });
    this.count = h("span", { class: "count", role: "status" });
    this.views = ["Ladder", "List"].map((name, i) => h("button", { type: "button", "aria-pressed": String(!i), onclick: () => this.view(Boolean(i)) }, name));
    this.pager = h("span", { class: "pager" }, button("back", "Page before", () => this.turn(-1)), h("span", { class: "pages" }), button("next", "Next page", () => this.turn(1)));
    this.heading = h("div", { role: "heading", "aria-level": this.level, class: "title" });
    this.problem = h("div", { role: "alert", class: "problem", hidden: true });
    this.canvas = svg("svg", { role: "group" });
    this.drawing = svg("g", {});
    this.veil = svg("rect", { class: "veil", x: 0 });
    this.head = svg("g", { class: "head", "aria-hidden": "true" });
    this.canvas.append(this.drawing, this.veil, this.head);
    this.canvas.addEventListener("click", (event) => this.clicked(event));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.names = svg("svg", { class: "names", "aria-hidden": "true" }); // the columns' heads once more, which stay in sight
    this.paper = h("div", { class: "paper" }, h("div", { class: "above" }, this.names), this.canvas);
    this.list = h("ol", { class: "messages", "aria-label": "Messages", hidden: true });
    this.list.addEventListener("keydown", (event) => this.pressed(event));
    this.stage = h("div", { class: "stage" }, this.paper, this.list);
    this.stage.addEventListener("scroll", () => { if (this.stage.clientHeight) this.low = this.isLow(); });
    const sized = new ResizeObserver(() => { if (this.stage.clientHeight && this.missed) this.toEnd(); });
    sized.observe(this.stage);
    this.leave.push(() => sized.disconnect());
    this.about = h("div", { class: "about" });
    this.tabs = TABS.map((name) => h("button", { type: "button", role: "tab", id: `${this.id}-tab-${name}`, "aria-controls": `${this.id}-panel`, onclick: () => this.open(name) }, name));
    this.tablist = h("div", { role: "tablist", "aria-label": "About the message" }, ...this.tabs);
    this.tablist.addEventListener("keydown", (event) => this.tabbed(event));
    this.panel = h("div", { role: "tabpanel", id: `${this.id}-panel`, class: "panel", tabindex: 0 });
    this.side = h("div", { role: "group", "aria-label": "The selected message", class: "side" }, this.about, this.tablist, this.panel);
    this.side.addEventListener("keydown", (event) => { if (event.key === "Escape") this.return(event); });
    this.root.classList.add("sipsim-player");
    this.keepKeys();
    this.root.id = this.id;
    this.root.replaceChildren(
      h("div", { class: "top" }, this.heading, h("div", { class: "switch", role: "group", "aria-label": "View" }, ...this.views)),
      this.problem,
      h("div", { class: "bar", role: "group", "aria-label": "Playback and filter" },
        h("span", { class: "buttons" }, button("back", "Step back", () => this.step(-1)), this.play, button("next", "Step forward", () => this.step(1))),
        this.scrub, this.time, pace, h("span", { class: "find" }, this.search, this.call, this.count), this.pager),
      h("div", { class: "body" }, this.stage, this.side),
    );
  }

  /** Or JupyterLab takes them before anybody else: it moves on at an arrow key, and cuts the cell at an "x". */
  keepKeys() {
    const look = ({ target, key, ctrlKey, metaKey, altKey, shiftKey }) => {
      const meantForTheNotebook = ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
      if (this.root.contains(target)) target.toggleAttribute("data-lm-suppress-shortcuts", !meantForTheNotebook);
    };
    window.addEventListener("keydown", look, true);
    this.leave.push(() => window.removeEventListener("keydown", look, true));
  }

  theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const look = () => {
      const jupyter = document.body?.dataset.jpThemeLight;
      this.root.dataset.theme = (jupyter ? jupyter === "false" : dark.matches) ? "dark" : "light";
    };
    look();
    dark.addEventListener("change", look);
    const watch = new MutationObserver(look);
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    this.leave.push(() => { dark.removeEventListener("change", look); watch.disconnect(); });
  }

  // ---- the book: pages, and where time is on them

  measure() {
    this.starts = [];
    this.total = 0;
    for (const page of this.book.pages) {
      this.starts.push(this.total);
      this.total += this.span(page)[1] - this.span(page)[0];
    }
    this.heading.textContent = this.book.title;
    const chosen = this.state.get("filter")?.call ?? "";
    if (!this.call.options.length) this.call.append(h("option", { value: "" }, "all calls"));
    for (const call of this.book.calls.slice(this.call.options.length - 1)) this.call.append(h("option", { value: call, selected: call === chosen }, call));
    this.call.hidden = this.book.calls.length < 2;
    this.pager.hidden = this.book.pages.length < 2;
  }

  span(page) {
    const { track } = page;
    return track.length ? [track[0][1] - 14, track[track.length - 1][1] + 14] : [0, 1];
  }

  pageAt(g) {
    let page = this.starts.length - 1;
    while (page > 0 && this.starts[page] > g) page--;
    return Math.max(page, 0);
  }

  heightAt(g, page) {
    return this.span(this.book.pages[page])[0] + g - this.starts[page];
  }

  timeAt(g) {
    const page = this.pageAt(g);
    const { track } = this.book.pages[page] ?? { track: [] };
    if (!track.length) return 0;
    const y = this.heightAt(g, page);
    let i = 0;
    while (i < track.length - 1 && track[i + 1][1] <= y) i++;
    const [t1, y1] = track[i], [t2, y2] = track[i + 1] ?? track[i];
    return y <= y1 || y2 === y1 ? t1 : t1 + (t2 - t1) * (y - y1) / (y2 - y1);
  }

  atTime(time) {
    let page = this.book.pages.length - 1;
    while (page > 0 && (this.book.pages[page].track[0]?.[0] ?? 0) > time) page--;
    const { track } = this.book.pages[page] ?? { track: [] };
    if (!track.length || time < track[0][0]) return 0;
    let i = track.length - 1;
    while (i > 0 && track[i][0] > time) i--;
    const [t1, y1] = track[i], [t2, y2] = track[i + 1] ?? track[i];
    const y = t2 > t1 ? y1 + (y2 - y1) * (time - t1) / (t2 - t1) : y1;
    return i === track.length - 1 ? this.starts[page] + this.span(this.book.pages[page])[1] - this.span(this.book.pages[page])[0] : this.starts[page] + y - this.span(this.book.pages[page])[0];
  }

  /** The book has grown: `pages` are the numbers of those that changed, `messages` those that are new or told anew. */
  grown(pages, messages) {
    const atEnd = this.g >= this.total - 1, pane = this.stage;
    if (pane.clientHeight) this.low = this.isLow(); // who looks at the end wants to see what comes
    this.measure();
    const last = this.order.at(-1) ?? 0;
    const fresh = messages.filter((number) => number > last);
    this.order.push(...fresh.sort((a, b) => a - b));
    if (atEnd) this.g = this.total;
    this.sift(messages);
    if (pages.includes(this.index)) this.patch();
    if (this.listing && messages.length) this.fill();
    this.move(atEnd && !this.state.get("playing") ? this.total : this.g, false);
    if (this.low && !this.listing) this.toEnd();
    if (this.state.get("selected")) this.inspectNow();
  }

  isLow() {
    const { scrollTop, clientHeight, scrollHeight } = this.stage;
    return scrollTop + clientHeight > scrollHeight - 60;
  }

  /** Scroll to the end, or when it is next to be seen: what is hidden can't be scrolled. */
  toEnd() {
    this.missed = !this.stage.clientHeight;
    if (!this.missed) this.stage.scrollTop = this.stage.scrollHeight;
  }

  show(index) {
    if (index === this.index || !this.book.pages[index]) return;
    this.index = index;
    this.nodes.clear();
    this.drawing.replaceChildren();
    this.patch();
    this.mark();
  }

  /** Bring the drawing up to the page as it is now; pieces that stay are left alone. */
  patch() {
    const page = this.book.pages[this.index];
    const wanted = Object.fromEntries(page.order.filter((key) => this.nodes.get(key)?.markup !== page.parts[key]).map((key) => [key, page.parts[key]]));
    const focus = document.activeElement?.dataset?.key;
    for (const [key, node] of nodesOf(wanted)) {
      this.nodes.get(key)?.node.remove();
      this.nodes.set(key, { node, markup: wanted[key] });
      if (page.messages[key]) this.wire(key, node, page.messages[key][0]);
    }
    const keys = new Set(page.order);
    for (const [key, { node }] of this.nodes) if (!keys.has(key)) { node.remove(); this.nodes.delete(key); }
    let cursor = this.drawing.firstChild;
    for (const key of page.order) {
      const { node } = this.nodes.get(key);
      if (node === cursor) cursor = cursor.nextSibling;
      else this.drawing.insertBefore(node, cursor);
    }
    if (focus && this.nodes.has(focus)) this.nodes.get(focus).node.focus({ preventScroll: true });
    this.names.replaceChildren(...page.heads.map((key) => this.nodes.get(key).node.cloneNode(true)));
    for (const [drawing, height] of [[this.canvas, page.height], [this.names, page.head]]) {
      drawing.setAttribute("viewBox", `0 0 ${page.width} ${height}`);
      drawing.style.maxWidth = `${page.width}px`;
      drawing.style.minWidth = `${Math.min(page.width, 520)}px`;
    }
    const which = this.book.pages.length > 1 ? `, page ${this.index + 1} of ${this.book.pages.length}` : "";
    this.canvas.setAttribute("aria-label", `Ladder diagram${which}: ${Object.keys(page.messages).length} messages. Arrow keys go from one to the next.`);
    this.pager.querySelector(".pages").textContent = `page ${this.index + 1} of ${this.book.pages.length}`;
    this.veil.setAttribute("width", page.width);
    this.mark();
  }

  wire(key, node, number) {
    const message = this.book.messages[number];
    node.id = `${this.id}-${key}`;
    node.dataset.message = number;
    node.classList.add("message");
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", (node.querySelector("title")?.textContent || message.label).slice(0, 300));
    node.setAttribute("tabindex", -1);
    node.querySelector("title")?.remove(); // the label says it; a tooltip would cover the next arrow
  }

  // ---- what is selected

  groups() {
    return [...this.drawing.querySelectorAll(".message")];
  }

  /** Classes and tab stops of the arrows: one is reached by Tab, the others by arrow keys. */
  mark() {
    const selected = this.state.get("selected");
    const groups = this.groups();
    const shown = groups.filter((group) => this.matching.has(Number(group.dataset.message)));
    const stop = shown.find((group) => Number(group.dataset.message) === selected) ?? shown[0];
    for (const group of groups) {
      const number = Number(group.dataset.message);
      group.classList.toggle("selected", number === selected);
      group.classList.toggle("dim", !this.matching.has(number));
      group.setAttribute("aria-pressed", String(number === selected));
      group.setAttribute("tabindex", group === stop ? 0 : -1);
      if (this.matching.has(number)) group.removeAttribute("aria-hidden");
      else group.setAttribute("aria-hidden", "true");
    }
    for (const button of this.list.querySelectorAll("button")) {
      const chosen = Number(button.dataset.message) === selected;
      button.setAttribute("aria-pressed", String(chosen));
    }
  }

  select(number) {
    this.state.set("selected", number);
  }

  choose(scroll = true) {
    const message = this.book.messages[this.state.get("selected")];
    if (message && message.page !== this.index) this.show(message.page);
    this.mark();
    this.inspectNow();
    if (message && scroll) this.reveal(message);
  }

  reveal(message) {
    const row = this.listing ? this.list.querySelector(`[data-message="${this.state.get("selected")}"]`) : this.nodes.get(message.key)?.node;
    const box = row?.getBoundingClientRect(), pane = this.stage.getBoundingClientRect();
    if (!box || !pane.height) return;
    const top = pane.top + this.names.getBoundingClientRect().height;
    if (box.top < top + 40) this.stage.scrollTop += box.top - top - 80;
    else if (box.bottom > pane.bottom - 40) this.stage.scrollTop += box.bottom - pane.bottom + 80;
  }

  clicked(event) {
    const group = event.target.closest(".message");
    if (!group) return;
    this.select(Number(group.dataset.message));
    group.focus({ preventScroll: true });
  }

  pressed(event) {
    const now = Number(event.target.closest("[data-message]")?.dataset.message ?? 0);
    const shown = this.order.filter((number) => this.matching.has(number));
    const at = shown.indexOf(now);
    const goal = {
      ArrowDown: shown[Math.min(at + 1, shown.length - 1)], ArrowRight: shown[Math.min(at + 1, shown.length - 1)],
      ArrowUp: shown[Math.max(at - 1, 0)], ArrowLeft: shown[Math.max(at - 1, 0)], Home: shown[0], End: shown.at(-1),
    }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (goal) this.arrive(goal);
    else if (event.key === "Enter" || event.key === " ") { if (now) { this.select(now); this.tabs.find((tab) => tab.tabIndex === 0)?.focus(); } }
    else if (event.key === "Escape") this.select(0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Select a message by keyboard: the focus goes along. */
  arrive(number) {
    this.select(number);
    const message = this.book.messages[number];
    if (this.listing) { this.fill(); this.list.querySelector(`[data-message="${number}"]`)?.focus({ preventScroll: true }); }
    else this.nodes.get(message.key)?.node.focus({ preventScroll: true });
    this.reveal(message);
  }

  return(event) {
    const message = this.book.messages[this.state.get("selected")];
    event.preventDefault();
    event.stopPropagation();
    if (message) this.arrive(this.state.get("selected"));
    else this.groups().find((group) => group.tabIndex === 0)?.focus();
  }

  // ---- the inspector

  open(name, focus = false) {
    this.tab = name;
    this.inspectNow();
    if (focus) this.tabs[TABS.indexOf(name)].focus();
  }

  tabbed(event) {
    const at = TABS.indexOf(this.tab), last = TABS.length - 1;
    const goal = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (goal === undefined) return;
    this.open(TABS[goal], true);
    event.preventDefault();
    event.stopPropagation();
  }

  inspectNow() {
    const number = this.state.get("selected"), message = this.book.messages[number];
    this.tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(TABS[i] === this.tab));
      tab.tabIndex = TABS[i] === this.tab ? 0 : -1;
    });
    this.panel.setAttribute("aria-labelledby", `${this.id}-tab-${this.tab}`);
    this.side.classList.toggle("empty", !message);
    if (!message) {
      this.about.replaceChildren(h("span", { class: "hint" }, "No message selected"));
      const hint = this.order.length ? "Click an arrow to read its message. By keyboard: Tab to the ladder, arrow keys from message to message, Enter to come here, Escape to go back." : "There are no messages yet.";
      this.panel.replaceChildren(h("p", { class: "hint" }, hint));
      return;
    }
    const route = `${message.from} → ${message.to}`;
    const above = this.order[this.order.indexOf(number) - 1];
    const gap = above ? `${seconds(message.sent - this.book.messages[above].sent)} after ${above}` : "";
    this.about.replaceChildren(
      h("span", { class: `chip ${message.family}` }, String(number)), h("strong", {}, message.text),
      h("span", { class: "route" }, route),
      h("span", { class: "way" }, [message.way, gap, message.transport, message.codecs, message.copy > 1 ? `copy ${message.copy}` : "", message.remark].filter(Boolean).join(" · ")),
    );
    if (this.told !== this.told_of(number)) this.panel.scrollTop = 0;
    this.told = this.told_of(number);
    this.panel.replaceChildren(...inspect[this.tab](this.book, message, (to) => this.select(to)).filter(Boolean));
  }

  told_of(number) {
    return `${number} ${this.tab}`;
  }

  // ---- filter, list, pages

  filtered() {
    this.state.set("filter", { text: this.search.value, call: this.call.value });
  }

  filter() {
    const { text = "", call = "" } = this.state.get("filter") ?? {};
    if (this.search.value !== text) this.search.value = text;
    if (this.call.value !== call) this.call.value = call;
    this.matching = new Set();
    this.sift(this.order);
    if (this.index >= 0) this.mark();
    if (this.listing) this.fill();
  }

  /** Which of these messages match the filter. */
  sift(numbers) {
    const { text = "", call = "" } = this.state.get("filter") ?? {};
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const number of numbers) {
      const message = this.book.messages[number];
      const fits = (!call || message.call === call) && (!words.length || words.every((word) => this.haystack(number, message).includes(word)));
      this.matching[fits ? "add" : "delete"](number);
    }
    const all = this.order.length;
    this.count.textContent = this.matching.size === all ? `${all} message${all === 1 ? "" : "s"}` : `${this.matching.size} of ${all}`;
  }

  haystack(number, message) {
    const known = this.haystacks.get(number);
    if (known?.of === message) return known.text;
    const text = [message.label, message.method, message.call, ...message.lines].join("\n").toLowerCase();
    this.haystacks.set(number, { of: message, text });
    return text;
  }

  view(listing) {
    this.listing = listing;
    this.views.forEach((button, i) => button.setAttribute("aria-pressed", String(Boolean(i) === listing)));
    this.paper.hidden = listing;
    this.list.hidden = !listing;
    if (listing) this.fill();
    this.stage.scrollTop = 0;
    this.choose();
  }

  /** The list: as many as are listed at once, around the one that is selected. */
  fill() {
    const shown = this.order.filter((number) => this.matching.has(number));
    const at = Math.max(shown.indexOf(this.state.get("selected")), 0);
    const from = shown.length <= LISTED ? 0 : clamp(at - LISTED / 2, 0, shown.length - LISTED);
    const part = shown.slice(from, from + LISTED);
    const rest = shown.length - part.length;
    this.list.start = from + 1;
    this.list.replaceChildren(...part.map((number) => this.item(number)), ...(rest ? [h("li", { class: "hint rest" }, `… ${rest} more: go on with the arrow keys, or filter`)] : []));
    this.mark();
  }

  item(number) {
    const message = this.book.messages[number];
    return h("li", {}, h("button", { type: "button", "data-message": number, "aria-label": message.label, onclick: () => this.select(number) },
      h("span", { class: "when" }, message.sent.toFixed(3)), h("span", { class: `chip ${message.family}` }, String(number)),
      h("span", { class: "what" }, message.text), h("span", { class: "route" }, `${message.from} → ${message.to}`)));
  }

  turn(step) {
    const page = clamp(this.index + step, 0, this.book.pages.length - 1);
    this.state.set("playing", false);
    this.select(0);
    this.move(this.starts[page] + this.span(this.book.pages[page])[1] - this.span(this.book.pages[page])[0] - 0.01);
    this.show(page);
    this.stage.scrollTop = 0;
  }

  complain() {
    const text = this.state.get("problem") ?? "";
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  // ---- time

  /** Go to a place in the run; `tell` says whether others have to know. */
  move(g, tell = true) {
    this.g = clamp(g, 0, this.total);
    const page = this.pageAt(Math.min(this.g, this.total - 0.01));
    this.show(page);
    const time = this.timeAt(this.g);
    this.scrub.value = this.total ? Math.round(1000 * this.g / this.total) : 1000;
    this.scrub.style.setProperty("--done", `${this.scrub.value / 10}%`);
    this.scrub.setAttribute("aria-valuetext", seconds(time));
    this.time.textContent = seconds(time);
    this.veiled(page);
    if (tell) this.tell(time);
  }

  tell(time) {
    this.told_time = Math.round(time * 1e6) / 1e6;
    this.state.set("position", this.told_time);
  }

  veiled(index) {
    const page = this.book.pages[index], done = this.g >= this.total - 0.5 || !page?.track.length;
    this.veil.toggleAttribute("hidden", done);
    this.head.replaceChildren();
    if (done) return;
    const y = this.heightAt(this.g, index);
    this.veil.setAttribute("y", y);
    this.veil.setAttribute("height", Math.max(page.height - y, 0));
    this.head.append(svg("path", { d: `M0 ${y}H${page.width}`, class: "line" }));
    for (const [key, [number, x1, y1, x2, y2]] of Object.entries(page.messages)) {
      if (y < y1 || y > y2 || y2 <= y1 || !this.matching.has(number)) continue;
      const share = (y - y1) / (y2 - y1);
      const family = this.book.messages[number]?.family ?? "request";
      this.head.append(svg("circle", { cx: x1 + (x2 - x1) * share, cy: y, r: 5.5, class: `dot ${family}`, "data-of": key }));
    }
  }

  scrubbed() {
    this.state.set("playing", false);
    this.move(this.total * Number(this.scrub.value) / 1000);
  }

  /** Somebody else has set the position. */
  seek() {
    const time = this.state.get("position");
    if (time === this.told_time || time === null) return;
    this.told_time = time;
    this.move(this.atTime(time), false);
  }

  ends(number) {
    const message = this.book.messages[number], page = message && this.book.pages[message.page];
    const ends = page?.messages[message.key];
    if (!ends) return null;
    const base = this.starts[message.page] - this.span(page)[0];
    return [base + ends[2], base + ends[4]];
  }

  step(way) {
    this.state.set("playing", false);
    const shown = this.order.filter((number) => this.matching.has(number) && this.ends(number));
    const at = shown.indexOf(this.state.get("selected"));
    const atEnd = this.g >= this.total - 1;
    let goal = at + way;
    if (at < 0) goal = way < 0 ? (atEnd ? shown.length - 1 : 0) : atEnd ? 0 : shown.findIndex((number) => this.ends(number)[1] > this.g + 0.5);
    if (goal < 0 || goal >= shown.length) return;
    this.select(shown[goal]);
    this.move(this.ends(shown[goal])[1]);
  }

  run() {
    const playing = Boolean(this.state.get("playing"));
    this.play.replaceChildren(icon(playing ? "pause" : "play"), playing ? "Pause" : "Play");
    cancelAnimationFrame(this.frame);
    clearTimeout(this.frame);
    if (!playing) { if (this.lively) this.tell(this.timeAt(this.g)); this.lively = false; return; }
    if (this.g >= this.total - 1) { this.move(0); this.select(0); }
    this.lively = true;
    this.last = undefined;
    if (this.still.matches) this.frame = setTimeout(() => this.hop(), 900 / this.speed);
    else this.frame = requestAnimationFrame((now) => this.glide(now));
  }

  glide(now) {
    const passed = Math.min((now - (this.last ?? now)) / 1000, 0.1);
    this.last = now;
    this.move(this.g + passed * PACE * this.speed);
    this.follow();
    if (this.g >= this.total) this.state.set("playing", false);
    else this.frame = requestAnimationFrame((then) => this.glide(then));
  }

  /** Without motion: from message to message. */
  hop() {
    const goal = this.order.find((number) => this.matching.has(number) && (this.ends(number)?.[1] ?? -1) > this.g + 0.5);
    if (goal === undefined) { this.move(this.total); this.state.set("playing", false); return; }
    this.select(goal);
    this.move(this.ends(goal)[1]);
    this.frame = setTimeout(() => this.hop(), 900 / this.speed);
  }

  /** While it plays, the message that left last is the selected one. */
  follow() {
    let found = 0, best = -1;
    const page = this.book.pages[this.index], y = this.heightAt(this.g, this.index);
    for (const [number, , y1] of Object.values(page.messages)) {
      if (y1 <= y && y1 >= best && this.matching.has(number)) [found, best] = [number, y1];
    }
    if (found) this.select(found);
    const pane = this.stage, at = y * this.canvas.clientWidth / page.width;
    if (!this.listing && (at > pane.scrollTop + pane.clientHeight - 90 || at < pane.scrollTop)) pane.scrollTop = at - pane.clientHeight / 2;
  }
}

/** Merge news into a book, as `Book.news` made them; false where an edition is missing. */
function merge(book, news) {
  if (news.edition <= book.edition) return true;
  if (news.edition !== book.edition + 1) return false;
  for (const name of ["edition", "title", "foot"]) book[name] = news[name];
  book.calls.push(...news.calls);
  Object.assign(book.messages, news.messages);
  Object.assign(book.sentences, news.sentences);
  for (const [index, page] of Object.entries(news.pages)) {
    const known = book.pages[index]?.parts ?? {};
    const parts = Object.fromEntries(page.order.map((key) => [key, page.parts[key] ?? known[key]]));
    book.pages[index] = { ...page, parts };
  }
  return true;
}

/** Values that live in this page alone. */
function memory() {
  const values = { selected: 0, position: null, playing: false, filter: { text: "", call: "" }, problem: "" };
  const listeners = new Map(Object.keys(values).map((name) => [name, new Set()]));
  return {
    get: (name) => values[name],
    set(name, value) {
      if (values[name] === value) return;
      values[name] = value;
      for (const listen of listeners.get(name)) listen();
    },
    on(name, listen) {
      listeners.get(name).add(listen);
      return () => listeners.get(name).delete(listen);
    },
  };
}

/** Values that Python has too; they are sent at most four times a second. */
function shared(model) {
  let due = 0;
  const send = () => { due = 0; model.save_changes(); };
  return {
    get: (name) => model.get(name),
    set(name, value) {
      if (model.get(name) === value) return;
      model.set(name, value);
      if (!due) due = setTimeout(send, name === "selected" && !model.get("playing") ? 0 : 250);
    },
    on(name, listen) {
      model.on(`change:${name}`, listen);
      return () => model.off(`change:${name}`, listen);
    },
  };
}

/** A player in a page of its own. */
export function show(root, book) {
  return new Player(root, book, memory(), 1);
}

/** A player in a notebook: what anywidget asks for. */
export default {
  initialize({ model }) {
    model.on("change:_news", () => {
      const news = model.get("_news");
      if (news?.edition && !merge(model.get("_book"), news)) model.send({ kind: "again" });
    });
  },
  render({ model, el }) {
    const root = h("div");
    el.append(root);
    let player = new Player(root, model.get("_book"), shared(model));
    const news = () => {
      const { edition, pages = {}, messages = {} } = model.get("_news") ?? {};
      if (player.book.edition >= edition) player.grown(Object.keys(pages).map(Number), Object.keys(messages).map(Number));
    };
    const anew = () => { player.destroy(); player = new Player(root, model.get("_book"), shared(model)); };
    model.on("change:_news", news);
    model.on("change:_book", anew);
    return () => { model.off("change:_news", news); model.off("change:_book", anew); player.destroy(); };
  },
};
