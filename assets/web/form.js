// The form: saved while typing and merged with what another device saved; checked by the server's own rules; names
// chosen from a list. Without this the page works as a plain form.
(function () {
'use strict';
var ym = window.ym, $ = ym.$, all = ym.all, post = ym.post, say = ym.say, toast = ym.toast, KEEP = ym.KEEP;
var CHOOSE = '/apply/form/choose';

function named(form, name) { return all('[name="' + name + '"]', form).filter(function (el) { return el.type !== 'submit'; }); }
function valueOf(form, name) {
  var els = named(form, name);
  if (els.length && els[0].type === 'radio') {
    els = els.filter(function (el) { return el.checked; });
    return els.length ? els[0].value : '';
  }
  return els.length ? els[0].value : '';
}
function put(form, name, value) {
  named(form, name).forEach(function (el) { if (el.type === 'radio') el.checked = el.value === value; else el.value = value; });
}
function focused(form, name) { return named(form, name).indexOf(document.activeElement) >= 0; }
function fieldsOf(form) {
  var out = {};
  new FormData(form).forEach(function (v, k) { if (k !== 'csrf') out[k] = v; });
  return out;
}
function element(tag, attributes, text) {
  var el = document.createElement(tag);
  Object.keys(attributes).forEach(function (k) { el.setAttribute(k, attributes[k]); });
  if (text) el.textContent = text;
  return el;
}

// ---- the draft: saved while typing, visibly, and never looking like "submitted"
function draft(form) {
  var state = $('[data-testid=draft-state]'), url = form.dataset.draft, owner = form.dataset.owner;
  var timer = 0, dirty = false, busy = false, ended = false, again = 8000;
  function tell(text, bad) { state.textContent = text; state.classList.toggle('bad', !!bad); }
  function keep() {
    try { sessionStorage.setItem(KEEP, JSON.stringify({ owner: owner, fields: fieldsOf(form) })); } catch (_) {}
  }
  function forget() { try { sessionStorage.removeItem(KEEP); } catch (_) {} }
  function later(ms) { clearTimeout(timer); timer = setTimeout(save, ms); }
  function save(leaving) {
    clearTimeout(timer);
    if (!dirty) return;
    // Once the sign-in ended only this tab keeps what is typed; the words with the link stay as they are.
    if (ended) { keep(); return; }
    // One at a time: each save says what the one before it has seen.
    if (busy && leaving !== true) { later(300); return; }
    var sent = fieldsOf(form);
    dirty = false; busy = true;
    if (leaving === true) keep(); else tell('正在保存…');
    post(url, sent, leaving === true).then(function (b) {
      busy = false; again = 8000;
      merge(form, sent, b);
      if (!dirty) forget();
      tell(b.text);
    }, function (e) {
      busy = false; dirty = true; keep();
      if (ym.signedOut(e)) {
        ended = true;
        tell(ym.ENDED + '，您填写的内容已留在本页。', true);
        state.appendChild(element('a', { href: '/sign-in?next=' + encodeURIComponent(location.pathname) }, '去登录'));
      } else {
        tell('还没有保存上：' + e.message + '。内容已留在本页，会自动重试', true);
        later(again);
        again = Math.min(again * 2, 60000);
      }
    });
  }
  form.addEventListener('input', function () { dirty = true; later(800); });
  form.addEventListener('change', function () { save(); });
  form.addEventListener('submit', function () { clearTimeout(timer); dirty = false; keep(); });
  document.addEventListener('visibilitychange', function () { if (document.hidden) save(true); });
  window.addEventListener('online', function () { save(); });
  // What the browser itself put back is older than what this page has seen.
  form.reset();
  // Typed before a sign-in or the network ended: put back with what had been seen then, and saved.
  try {
    var kept = JSON.parse(sessionStorage.getItem(KEEP) || 'null');
    if (kept && kept.owner === owner && !$('#errors')) {
      var changed = false, now = fieldsOf(form);
      Object.keys(kept.fields).forEach(function (name) {
        if (now[name] === kept.fields[name]) return;
        if (name !== 'seen' && name !== 'editor') changed = true;
        put(form, name, kept.fields[name]);
      });
      if (changed) { dirty = true; save(); toast('已恢复您刚才填写的内容'); }
    }
    forget();
  } catch (_) {}
}

// The server's answer: what it has now, what another device wrote, what cannot be decided without the worker.
function merge(form, sent, b) {
  var seen = form.elements.seen, old = seen.value.split('.'), now = b.seen.split('.'), order = form.dataset.order.split(' ');
  var told = false;
  function same(name) { return valueOf(form, name) === (sent[name] || ''); }
  Object.keys(b.tidied).forEach(function (name) { if (same(name) && !focused(form, name)) put(form, name, b.tidied[name]); });
  Object.keys(b.fields).forEach(function (name) {
    if (same(name) && !focused(form, name)) { put(form, name, b.fields[name]); told = true; }
    // Being changed here at this moment: not seen, so the next save asks.
    else now[order.indexOf(name)] = old[order.indexOf(name)];
  });
  seen.value = now.join('.');
  if (told) toast('已合入您在另一台设备上填写的内容');
  all('.both[data-here]', form).forEach(function (box) { box.remove(); });
  b.conflicts.forEach(function (c) { two(form, c); });
  judge(form, b.errors);
  Object.keys(b.notes).forEach(function (name) {
    var note = document.getElementById('n-' + name);
    if (note && !focused(form, name)) note.textContent = b.notes[name];
  });
}

// Both values, and the choice: the form is sent with it, so nothing else is lost.
function two(form, c) {
  var field = $('#f-' + c.field, form).closest('.field'), key = c.field + ' ' + form.elements.editor.value;
  var box = element('div', { 'class': 'both', 'data-here': '', 'data-testid': 'two-' + c.field, role: 'alert' });
  box.appendChild(element('p', {}, '您在另一台设备上填写的是“' + (c.theirs || '（空）') + '”，这里填写的是“' + (c.mine || '（空）') + '”。请选择：'));
  var row = element('p', { 'class': 'row' });
  row.appendChild(element('button', { 'class': 'btn plain mini', formaction: CHOOSE, name: 'use', value: key, 'data-testid': 'use-' + c.field }, '用“' + (c.mine || '（空）') + '”'));
  row.appendChild(element('button', { 'class': 'btn plain mini', formaction: CHOOSE, name: 'drop', value: key, 'data-testid': 'drop-' + c.field }, '用“' + (c.theirs || '（空）') + '”'));
  box.appendChild(row);
  field.parentNode.insertBefore(box, field.nextSibling);
}

// Beside the field once it is left, or as soon as it is as long as it gets; gone as soon as it is right.
var FULL = { id_number: 18, phone: 11, card: 19 };
function judge(form, errors) {
  form.dataset.order.split(' ').forEach(function (name) {
    var input = $('#f-' + name, form);
    if (!input) return;
    var value = valueOf(form, name), n = value.replace(/[\s-]/g, '').length;
    if (errors[name]) { if (value && (!focused(form, name) || n >= (FULL[name] || Infinity))) say(input, errors[name]); }
    else if (value) say(input, '');
  });
}

// ---- a name from a list, by Han or pinyin initials; what is not in it stays as typed
function choices(input) {
  var form = input.form, box = element('ul', { 'class': 'list', role: 'listbox', id: 'list-' + input.name, hidden: '', 'data-testid': 'list-' + input.name });
  var timer = 0, asked = '', at = -1;
  input.removeAttribute('list');
  ['role:combobox', 'aria-autocomplete:list', 'aria-expanded:false', 'aria-controls:' + box.id].forEach(function (pair) {
    input.setAttribute(pair.split(':')[0], pair.split(':')[1]);
  });
  input.insertAdjacentElement('afterend', box);
  function close() { box.hidden = true; box.textContent = ''; at = -1; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); }
  function mark(i) {
    var rows = all('li', box);
    at = (i + rows.length) % rows.length;
    rows.forEach(function (row, n) { row.setAttribute('aria-selected', n === at); });
    input.setAttribute('aria-activedescendant', rows[at].id);
    rows[at].scrollIntoView({ block: 'nearest' });
  }
  function take(row) {
    if (row.dataset.value) input.value = row.dataset.value;
    close();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    clearTimeout(timer);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }
  function show(items, q) {
    box.textContent = '';
    var exact = false;
    items.forEach(function (item, n) {
      exact = exact || item.name === q;
      var row = element('li', { role: 'option', id: box.id + '-' + n, 'data-value': item.name }, item.name);
      if (item.note && input.name === 'major') row.appendChild(element('span', { 'class': 'sub' }, item.note));
      box.appendChild(row);
    });
    if (!exact) box.appendChild(element('li', { role: 'option', id: box.id + '-other', 'class': 'other', 'data-testid': 'not-listed' }, '不在列表中，就用“' + q + '”'));
    at = -1;
    box.hidden = exact && items.length === 1;
    input.setAttribute('aria-expanded', String(!box.hidden));
  }
  input.addEventListener('input', function () {
    var q = input.value.trim();
    clearTimeout(timer);
    if (!q) { close(); return; }
    timer = setTimeout(function () {
      asked = q;
      var level = valueOf(form, 'level');
      fetch(input.dataset.choices + '?q=' + encodeURIComponent(q) + '&level=' + encodeURIComponent(level), { credentials: 'same-origin', headers: { 'Accept': 'application/json' } })
        .then(ym.answer).then(function (b) { if (asked === q && document.activeElement === input) show(b.items, q); }, close);
    }, 200);
  });
  input.addEventListener('keydown', function (e) {
    if (box.hidden) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') { e.preventDefault(); mark(at < 0 && e.key === 'ArrowUp' ? -1 : at + (e.key === 'ArrowDown' ? 1 : -1)); }
    else if (e.key === 'Enter') { e.preventDefault(); if (at >= 0) take(all('li', box)[at]); else close(); }
    else if (e.key === 'Escape') close();
  });
  // Before the field loses its focus.
  box.addEventListener('mousedown', function (e) { e.preventDefault(); });
  box.addEventListener('click', function (e) { var row = e.target.closest('li'); if (row) take(row); });
  input.addEventListener('blur', function () { clearTimeout(timer); close(); });
}

document.addEventListener('DOMContentLoaded', function () {
  all('form[data-draft]').forEach(draft);
  all('[data-choices]').forEach(choices);
});
})();
