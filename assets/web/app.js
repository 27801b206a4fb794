// Progressive: every page works without this, except the slider and the upload's preview.
(function () {
'use strict';
var root = document.documentElement;
root.className = 'js';

function $(sel, from) { return (from || document).querySelector(sel); }
function all(sel, from) { return [].slice.call((from || document).querySelectorAll(sel)); }
function csrf() { var m = $('meta[name=csrf]'); return m ? m.content : ''; }
function clock(d) { return ('0' + d.getHours()).slice(-2) + ':' + ('0' + d.getMinutes()).slice(-2); }
function toast(text) {
  var t = document.createElement('div');
  t.className = 'toast'; t.setAttribute('role', 'status'); t.textContent = text;
  document.body.appendChild(t);
  setTimeout(function () { t.remove(); }, 3500);
}

var OFFLINE = '网络不通，请检查网络后再试';
var ENDED = '登录已过期，请重新登录';

// POSTs a form's fields; resolves to the JSON, rejects with {code, message}.
function post(url, fields, keepalive) {
  return fetch(url, {
    method: 'POST', credentials: 'same-origin', keepalive: !!keepalive,
    headers: { 'Accept': 'application/json', 'X-CSRF-Token': csrf(), 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString()
  }).then(answer, function () { throw { code: 'offline', message: OFFLINE }; });
}
function answer(r) {
  return r.json().then(null, function () { return {}; }).then(function (body) {
    if (r.ok) return body;
    throw body.error || { code: 'unavailable', message: '系统繁忙，请稍后再试' };
  });
}
function signedOut(e) { return e.code === 'sign_in' || e.code === 'csrf_failed'; }

// For form.js and live.js, which only their own pages load.
var KEEP = 'unsaved';
window.ym = { $: $, all: all, csrf: csrf, clock: clock, toast: toast, post: post, answer: answer, signedOut: signedOut, say: say, load: load, swap: swap, ENDED: ENDED, OFFLINE: OFFLINE, KEEP: KEEP };

// ---- errors: the summary takes the focus, its links lead into the field
function errors() {
  var box = $('#errors');
  if (!box) return;
  box.focus();
  box.addEventListener('click', function (e) {
    var a = e.target.closest('a'), field = a && document.getElementById(a.hash.slice(1));
    if (!field) return;
    e.preventDefault();
    (field.closest('.field') || field).scrollIntoView({ block: 'center' });
    (field.querySelector('.knob') || field).focus({ preventScroll: true });
  });
}

// Beside the field, as the server does it.
function say(input, text) {
  var field = input.closest('.field'), span = $('.err', field);
  field.classList.toggle('wrong', !!text);
  if (!text) { if (span) span.remove(); return; }
  if (!span) {
    span = document.createElement('span');
    span.className = 'err'; span.setAttribute('role', 'alert');
    field.insertBefore(span, input.closest('.with, .choices') || input);
  }
  span.textContent = text;
}

// ---- slider: the track [x permille, t ms] is judged by the server
function slider(el) {
  var knob = $('.knob', el), fill = $('.fill', el), text = $('.text', el), pass = $('[name=pass]', el.closest('form'));
  var challenge = el.dataset.challenge, at = 0, began = 0, track = [], startX = 0, dragging = false, busy = false, done = false;
  function room() { return el.clientWidth - knob.offsetWidth; }
  function move(permille) {
    at = Math.max(0, Math.min(1000, Math.round(permille)));
    knob.style.transform = 'translateX(' + at * room() / 1000 + 'px)';
    fill.style.width = at * room() / 1000 + knob.offsetWidth / 2 + 'px';
    knob.setAttribute('aria-valuenow', Math.round(at / 10));
    if (track.length > 400) track.pop();
    track.push([at, Math.round(performance.now() - began)]);
  }
  function begin() { began = performance.now(); track = [[0, 0]]; el.classList.remove('failed'); }
  function reset(words) {
    done = false; busy = false; track = []; at = 0; pass.value = '';
    el.classList.remove('done'); el.classList.toggle('failed', !!words);
    knob.style.transform = ''; fill.style.width = '';
    knob.textContent = '›'; knob.setAttribute('aria-valuenow', 0); text.textContent = words || '向右滑动验证';
  }
  function fresh(words) {
    reset(words);
    return fetch('/slider', { headers: { 'Accept': 'application/json' }, credentials: 'same-origin' }).then(answer)
      .then(function (b) { challenge = b.challenge; }, function () {});
  }
  function end() {
    if (at < 980) { reset('请拖到最右边'); return; }
    move(1000); busy = true; text.textContent = '正在验证…';
    post('/slider', { challenge: challenge, track: JSON.stringify(track) }).then(function (b) {
      busy = false; done = true; pass.value = b.pass;
      el.classList.add('done'); text.textContent = '验证通过'; knob.textContent = '✓';
      el.dispatchEvent(new CustomEvent('passed', { bubbles: true }));
    }, function (e) {
      if (e.code === 'csrf_failed') { location.reload(); return; }
      fresh(e.message);
    });
  }
  knob.addEventListener('pointerdown', function (e) {
    if (done || busy) return;
    dragging = true; startX = e.clientX; begin();
    try { knob.setPointerCapture(e.pointerId); } catch (_) {}
  });
  knob.addEventListener('pointermove', function (e) { if (dragging) move((e.clientX - startX) * 1000 / room()); });
  function up() { if (dragging) { dragging = false; end(); } }
  knob.addEventListener('pointerup', up);
  knob.addEventListener('pointercancel', up);
  knob.addEventListener('keydown', function (e) {
    var by = { ArrowRight: 50, ArrowUp: 50, PageUp: 100, ArrowLeft: -50, ArrowDown: -50, PageDown: -100 }[e.key];
    if (!by || done || busy) return;
    e.preventDefault();
    if (!at) begin();
    move(at + by);
    if (at >= 1000) end();
  });
  el.again = fresh;
}

// ---- the SMS code's button: sends, counts down, asks for the slider again
function smsButton(btn) {
  var form = btn.closest('form'), phone = $('[name=phone]', form), pass = $('[name=pass]', form), bar = $('[data-slider]', form);
  // An address of its own: the code goes to the account's phone, which is not typed.
  var code = $('[name=code]', form), label = btn.textContent, url = btn.dataset.sms || '/sms/code';
  function count(s) {
    btn.disabled = s > 0;
    btn.textContent = s > 0 ? s + ' 秒后可重发' : label;
    if (s > 0) setTimeout(count, 1000, s - 1);
  }
  btn.addEventListener('click', function () {
    if (phone) say(phone, '');
    say(code, '');
    if (phone && !phone.value.trim()) { say(phone, '请填写 11 位手机号码'); phone.focus(); return; }
    if (!pass.value) { bar.classList.add('failed'); $('.text', bar).textContent = '请先拖动滑块到最右边'; $('.knob', bar).focus(); return; }
    btn.disabled = true;
    post(url, { phone: phone ? phone.value : '', pass: pass.value, purpose: btn.dataset.purpose }).then(function (b) {
      label = '重新获取';
      count(b.wait_s || 60);
      bar.again();
      toast('验证码已发送，请查看短信');
      code.focus();
    }, function (e) {
      btn.disabled = false;
      if (e.code === 'csrf_failed') { location.reload(); return; }
      if (/^slider/.test(e.code)) bar.again(e.message);
      else { say(phone && /^phone/.test(e.code) ? phone : code, e.message); bar.again(); }
      // "… 42 秒后再试": the button waits as long.
      if (e.code === 'sms_too_soon') count(+(/\d+/.exec(e.message) || [0])[0]);
    });
  });
}

// ---- forms: one press is one submission
function once(form) {
  form.addEventListener('submit', function (e) {
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = '1';
    var b = e.submitter || $('button:not([type=button])', form);
    if (b) setTimeout(function () { b.disabled = true; b.classList.add('busy'); }, 0);
  });
}
// The page may come back from the browser's memory: its buttons must work again.
window.addEventListener('pageshow', function (e) {
  if (!e.persisted) return;
  all('form[data-sent]').forEach(function (f) {
    delete f.dataset.sent;
    all('.busy', f).forEach(function (b) { b.disabled = false; b.classList.remove('busy'); });
  });
});

function load(url) {
  return fetch(url, { credentials: 'same-origin', headers: { 'Accept': 'text/html' } }).then(function (r) {
    if (!r.ok || r.redirected) throw r;
    return r.text();
  }).then(function (html) { return new DOMParser().parseFromString(html, 'text/html'); });
}
function swap(page, id) {
  var a = document.getElementById(id), b = page.getElementById(id);
  if (a && b) a.replaceWith(document.adoptNode(b));
}

// ---- the PC's fields of the sign-up page: there where the window is wide
function wide(box) {
  if (!box.disabled) return;
  var query = window.matchMedia('(min-width: 900px)');
  function fit() { box.disabled = box.hidden = !query.matches; }
  fit();
  if (query.addEventListener) query.addEventListener('change', fit);
}

// ---- small things
function filter(input) {
  var rows = all('[data-name]'), none = $('#none');
  input.addEventListener('input', function () {
    var word = input.value.trim(), shown = 0;
    rows.forEach(function (r) { var hit = r.dataset.name.indexOf(word) >= 0; r.hidden = !hit; if (hit) shown++; });
    all('[data-group]').forEach(function (g) { g.hidden = !$('[data-name]:not([hidden])', g); });
    none.hidden = shown > 0;
  });
  input.addEventListener('keydown', function (e) { if (e.key === 'Enter') e.preventDefault(); });
}
function printer(form) {
  var now = null;
  try { now = sessionStorage.getItem('print'); sessionStorage.removeItem('print'); } catch (_) {}
  if (now && !$('.sheet.preview')) setTimeout(function () { window.print(); }, 0);
  form.addEventListener('submit', function (e) {
    e.preventDefault();
    // A version that was not marked has no code yet: the page is loaded anew, with it, and then printed.
    var go = function () {
      if (!$('.sheet.preview')) { window.print(); return; }
      try { sessionStorage.setItem('print', '1'); } catch (_) {}
      location.reload();
    };
    post(form.action, { seen: form.elements.seen.value }).then(go, function (err) { if (signedOut(err)) location.reload(); else toast(err.message); });
  });
}

document.addEventListener('DOMContentLoaded', function () {
  errors();
  all('[data-slider]').forEach(slider);
  all('[data-sms]').forEach(smsButton);
  all('fieldset[data-wide]').forEach(wide);
  all('form[data-once]').forEach(once);
  all('[data-filter]').forEach(filter);
  all('form[data-print]').forEach(printer);
  all('[data-back]').forEach(function (b) { b.addEventListener('click', function () { history.back(); }); });
  // What was kept for a form that has since been sent well.
  if (document.body.hasAttribute('data-worker') && !$('form[data-draft]') && !$('#errors')) {
    try { sessionStorage.removeItem(KEEP); } catch (_) {}
  }
});
})();
