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
window.ym = { $: $, all: all, clock: clock, toast: toast, post: post, answer: answer, signedOut: signedOut, say: say, load: load, swap: swap, ENDED: ENDED, KEEP: KEEP };

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
  var code = $('[name=code]', form), label = btn.textContent;
  function count(s) {
    btn.disabled = s > 0;
    btn.textContent = s > 0 ? s + ' 秒后可重发' : label;
    if (s > 0) setTimeout(count, 1000, s - 1);
  }
  btn.addEventListener('click', function () {
    say(phone, ''); say(code, '');
    if (!phone.value.trim()) { say(phone, '请填写 11 位手机号码'); phone.focus(); return; }
    if (!pass.value) { bar.classList.add('failed'); $('.text', bar).textContent = '请先拖动滑块到最右边'; $('.knob', bar).focus(); return; }
    btn.disabled = true;
    post('/sms/code', { phone: phone.value, pass: pass.value, purpose: btn.dataset.purpose }).then(function (b) {
      label = '重新获取';
      count(b.wait_s || 60);
      bar.again();
      toast('验证码已发送，请查看短信');
      code.focus();
    }, function (e) {
      btn.disabled = false;
      if (e.code === 'csrf_failed') { location.reload(); return; }
      if (/^slider/.test(e.code)) bar.again(e.message);
      else { say(/^phone/.test(e.code) ? phone : code, e.message); bar.again(); }
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

// ---- uploads: at once when chosen, with progress, retry and preview; a large photo is scaled down first
var MAX = 3 * 1024 * 1024, EDGE = 2400;
function scaled(file) {
  var plain = /^image\/(jpeg|png|gif)$/.test(file.type);
  if (!/^image\//.test(file.type) || file.type === 'image/gif' || (plain && file.size < MAX / 2)) return Promise.resolve(file);
  return new Promise(function (resolve) {
    var img = new Image(), url = URL.createObjectURL(file);
    img.onerror = function () { URL.revokeObjectURL(url); resolve(file); };
    img.onload = function () {
      URL.revokeObjectURL(url);
      var k = Math.min(1, EDGE / Math.max(img.naturalWidth, img.naturalHeight));
      var c = document.createElement('canvas');
      c.width = Math.round(img.naturalWidth * k); c.height = Math.round(img.naturalHeight * k);
      var g = c.getContext('2d');
      g.fillStyle = '#fff'; g.fillRect(0, 0, c.width, c.height); g.drawImage(img, 0, 0, c.width, c.height);
      c.toBlob(function (b) { resolve(b && (!plain || b.size < file.size) ? b : file); }, 'image/jpeg', 0.86);
    };
    img.src = url;
  });
}
function uploads(box) {
  var last = Promise.resolve();
  box.addEventListener('change', function (e) {
    var input = e.target;
    if (input.type !== 'file' || !input.files.length) return;
    send(input.closest('.doc'), input.closest('form').action, input.files[0]);
    input.value = '';
  });
  function send(doc, url, file) {
    var state = $('.live', doc), thumb = $('.thumb', doc), before = thumb ? [].slice.call(thumb.childNodes) : [];
    state.textContent = '';
    var bar = document.createElement('progress'), words = document.createElement('span');
    bar.max = 100; words.textContent = '正在上传…';
    state.appendChild(words); state.appendChild(bar);
    all('.up', doc).forEach(function (u) { u.setAttribute('aria-disabled', 'true'); });
    if (thumb && /^image\//.test(file.type)) {
      var img = document.createElement('img');
      img.alt = '预览'; img.src = URL.createObjectURL(file); thumb.textContent = ''; thumb.appendChild(img);
    }
    // One after another: on a slow line the first is done sooner, and each sees the application as the last left it.
    last = last.then(function () { return scaled(file); }).then(function (blob) {
      return new Promise(function (done) { put(blob, done); });
    });
    words.textContent = '等待上传…';
    function put(blob, done) {
      var data = new FormData(), xhr = new XMLHttpRequest();
      words.textContent = '正在上传…';
      data.append('csrf', csrf()); data.append('file', blob, 'file');
      xhr.open('POST', url);
      xhr.timeout = 120000;
      xhr.setRequestHeader('Accept', 'application/json');
      xhr.setRequestHeader('X-CSRF-Token', csrf());
      xhr.upload.onprogress = function (p) {
        if (!p.lengthComputable) return;
        bar.value = p.loaded * 100 / p.total;
        words.textContent = p.loaded < p.total ? '正在上传 ' + Math.floor(bar.value) + '%' : '正在检查文件…';
      };
      xhr.onload = function () {
        var body = {};
        try { body = JSON.parse(xhr.responseText); } catch (_) {}
        if (xhr.status < 300) { refresh(doc); return; }
        var err = body.error || { message: '系统繁忙，请稍后再试' };
        fail(signedOut(err) ? ENDED + '，再上传这一份' : err.message, !body.error);
      };
      xhr.onerror = xhr.ontimeout = function () { fail(OFFLINE, true); };
      xhr.onloadend = done;
      xhr.send(data);
      function fail(text, again) {
        state.textContent = '';
        if (thumb) { thumb.textContent = ''; before.forEach(function (n) { thumb.appendChild(n); }); }
        var s = document.createElement('span');
        s.className = 'err'; s.setAttribute('role', 'alert'); s.textContent = text; state.appendChild(s);
        if (again) {
          var b = document.createElement('button');
          b.type = 'button'; b.className = 'link'; b.textContent = '重试这一份';
          b.onclick = function () { send(doc, url, file); };
          state.appendChild(b);
        }
        all('.up', doc).forEach(function (u) { u.removeAttribute('aria-disabled'); });
      }
    }
  }
  // The server draws the truth: its own piece of the page replaces ours.
  function refresh(doc) {
    load(location.pathname).then(function (page) {
      [doc.id, 'papers-left'].forEach(function (id) { swap(page, id); });
      toast('已上传');
    }, function () { location.reload(); });
  }
}
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
  form.addEventListener('submit', function (e) {
    e.preventDefault();
    var go = function () {
      all('.sheet.preview').forEach(function (sheet) { sheet.classList.remove('preview'); });
      window.print();
    };
    post(form.action, { seen: form.elements.seen.value }).then(go, function (err) { if (signedOut(err)) location.reload(); else toast(err.message); });
  });
}

document.addEventListener('DOMContentLoaded', function () {
  errors();
  all('[data-slider]').forEach(slider);
  all('[data-sms]').forEach(smsButton);
  all('form[data-once]').forEach(once);
  all('[data-uploads]').forEach(uploads);
  all('[data-filter]').forEach(filter);
  all('form[data-print]').forEach(printer);
  all('[data-back]').forEach(function (b) { b.addEventListener('click', function () { history.back(); }); });
  // What was kept for a form that has since been sent well.
  if (document.body.hasAttribute('data-worker') && !$('form[data-draft]') && !$('#errors')) {
    try { sessionStorage.removeItem(KEEP); } catch (_) {}
  }
});
})();
