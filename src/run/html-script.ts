/** Run | the script of the HTML report: from step to step by keys and buttons. Plain DOM; names go in as text, never as markup. */

/** What a page of `htmlReport` runs. */
export const pageScript = `'use strict';
const {rows, violations} = JSON.parse(document.getElementById('data').textContent);
const steps = [...new Set(rows.map((row) => row.step))];
const byId = (id) => document.getElementById(id);
const rowMarks = new Map();
for (const mark of document.querySelectorAll('#diagram g.row')) {
  const step = Number(mark.dataset.step);
  rowMarks.set(step, [...(rowMarks.get(step) || []), mark]);
}
const charts = new Map([...document.querySelectorAll('details.chart')].map((chart) => [chart.dataset.actor, chart]));
const cells = (line, values) => { for (const value of values) line.insertCell().textContent = value; };
let at = -1;
function show(to) {
  to = Math.max(0, Math.min(steps.length - 1, to));
  if (to === at) return;
  for (const mark of rowMarks.get(steps[at]) || []) mark.classList.remove('here');
  at = to;
  const step = steps[at];
  byId('where').textContent = 'step ' + step + ' of ' + steps[steps.length - 1];
  const before = new Map(), after = new Map(), active = new Map(), acting = new Set();
  const list = byId('reactions'), fields = [];
  list.replaceChildren();
  for (const row of rows) {
    if (row.step > step) break;
    const now = row.step === step;
    for (const [region, state] of Object.entries(row.states)) {
      const name = row.actor + ' ' + region;
      if (!now) before.set(name, state);
      after.set(name, state);
    }
    for (const [name, state] of Object.entries(row.bands)) {
      if (!now) before.set(name, state);
      after.set(name, state);
    }
    active.set(row.actor, row.active);
    if (!now) continue;
    acting.add(row.actor);
    fields.push(...row.fields);
    const item = document.createElement('li');
    item.textContent = row.actor + ': ' + row.words;
    for (const said of row.emitted) {
      const small = document.createElement('small');
      small.textContent = said;
      item.append(small);
    }
    list.append(item);
  }
  const diff = byId('diff');
  diff.replaceChildren();
  for (const [name, state] of after) {
    if (before.get(name) !== state) cells(diff.insertRow(), [name, before.get(name) || '', state]);
  }
  for (const field of fields) cells(diff.insertRow(), field);
  for (const [actor, chart] of charts) {
    const paths = new Set(active.get(actor) || []);
    for (const group of chart.querySelectorAll('[data-state]')) group.classList.toggle('active', paths.has(group.dataset.state));
    chart.classList.toggle('acts', acting.has(actor));
    chart.querySelector('.now').textContent = [...paths].filter((path) => ![...paths].some((other) => other.startsWith(path + '.'))).join(', ');
  }
  const marks = rowMarks.get(step) || [];
  for (const mark of marks) mark.classList.add('here');
  const area = byId('diagram');
  if (marks[0]) {
    const row = marks[0].getBoundingClientRect(), box = area.getBoundingClientRect();
    // To the middle of what is seen of the diagram.
    const from = Math.max(box.top, 0), to = Math.min(box.bottom, innerHeight);
    area.scrollTop += row.top - (to - from > 80 ? (from + to) / 2 : box.top + area.clientHeight / 2);
  }
  history.replaceState(null, '', '#' + step);
}
const stepAt = (step) => { const found = steps.findIndex((each) => each >= step); return found < 0 ? steps.length - 1 : found; };
byId('first').onclick = () => show(0);
byId('back').onclick = () => show(at - 1);
byId('on').onclick = () => show(at + 1);
byId('last').onclick = () => show(steps.length - 1);
byId('diagram').addEventListener('click', (event) => {
  const row = event.target.closest('g.row');
  if (row) show(stepAt(Number(row.dataset.step)));
});
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const to = {ArrowRight: at + 1, j: at + 1, ArrowLeft: at - 1, k: at - 1, Home: 0, End: steps.length - 1, v: stepAt(violations[0] || 0)}[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(to);
});
addEventListener('hashchange', () => show(stepAt(Number(location.hash.slice(1)))));
for (const [actor, chart] of charts) if (rows.some((row) => row.actor === actor && row.step === (violations[0] || steps[steps.length - 1]))) chart.open = true;
show(location.hash ? stepAt(Number(location.hash.slice(1))) : stepAt(violations[0] || 0));
`
