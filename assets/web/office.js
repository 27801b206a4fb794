// Progressive: every page works without this; papers are then stacked and open in their own tab.
(function () {
'use strict';
var root = document.documentElement;
root.className = 'js';

function $(sel, from) { return (from || document).querySelector(sel); }
function all(sel, from) { return [].slice.call((from || document).querySelectorAll(sel)); }

// ---- errors: the summary takes the focus, its links lead into the field
function errors() {
  var box = $('#errors');
  if (!box) return;
  box.focus();
  all('a', box).forEach(function (link) {
    link.addEventListener('click', function (e) {
      var field = $(link.getAttribute('href'));
      if (!field) return;
      e.preventDefault();
      field.scrollIntoView({ block: 'center' });
      var inner = field.matches('fieldset') ? $('input', field) : field;
      (inner || field).focus({ preventScroll: true });
    });
  });
}

// ---- a form is sent once, however often its button is pressed
function once(form) {
  form.addEventListener('submit', function () {
    setTimeout(function () { all('button', form).forEach(function (b) { b.disabled = true; }); }, 0);
  });
  window.addEventListener('pageshow', function () {
    all('button', form).forEach(function (b) { b.disabled = false; });
  });
}

// ---- what is typed is not lost by leaving the page without a word
function unsaved(form) {
  // A preview shows what was typed and is not saved yet.
  var before = form.hasAttribute('data-typed') ? '' : new URLSearchParams(new FormData(form)).toString(), leaving = false;
  form.addEventListener('submit', function () { leaving = true; });
  window.addEventListener('pageshow', function () { leaving = false; });
  window.addEventListener('beforeunload', function (e) {
    if (!leaving && new URLSearchParams(new FormData(form)).toString() !== before) e.preventDefault();
  });
}

// ---- the decision: only what belongs to the chosen verdict is shown
var BUTTON = { send_back: ['退回下级工会复核', 'go-warn'], pass: ['确认通过', 'go-ok'], 'return': ['退回给职工补正', 'go-warn'], reject: ['确认不予通过', 'danger'] };
function verdicts(form) {
  var submit = $('[data-submit]', form), reason = $('textarea', form), plain = submit.textContent;
  function chosen() { var r = $('input[name=verdict]:checked', form); return r ? r.value : ''; }
  function update() {
    var verdict = chosen();
    all('[data-for]', form).forEach(function (el) {
      el.hidden = el.getAttribute('data-for').split(' ').indexOf(verdict) < 0;
    });
    all('.verdicts .choice', form).forEach(function (label) {
      label.classList.toggle('picked', $('input', label).checked);
    });
    var look = BUTTON[verdict] || [plain, ''];
    submit.textContent = look[0];
    submit.className = 'btn ' + look[1];
  }
  all('input[name=verdict]', form).forEach(function (r) { r.addEventListener('change', update); });
  window.addEventListener('pageshow', update);
  all('[data-phrase]', form).forEach(function (button) {
    button.addEventListener('click', function () {
      var text = button.getAttribute('data-phrase'), fix = button.getAttribute('data-fix');
      var box = fix && $('[name="fix-' + fix + '"]', form);
      if (box) box.checked = true;
      if (button.getAttribute('data-code')) $('#f-code', form).value = button.getAttribute('data-code');
      if (reason.value.indexOf(text) < 0 && reason.value.length + text.length <= reason.maxLength) {
        reason.value += text;
      }
    });
  });
  update();
}

// ---- what is typed outlives the session and the back key, in this tab, until it is decided
function drafts(form) {
  var name = 'draft:' + location.pathname, reason = form && $('textarea', form);
  function boxes() { return all('[name^=fix-],[name=verdict]', form); }
  function save() {
    var on = boxes().filter(function (b) { return b.checked; }).map(function (b) { return b.id; });
    sessionStorage.setItem(name, JSON.stringify({ reason: reason.value, code: $('#f-code', form).value, on: on }));
  }
  try {
    if ($('[data-testid=flash],[data-testid=refused]')) {
      Object.keys(sessionStorage).forEach(function (key) { if (!key.indexOf('draft:')) sessionStorage.removeItem(key); });
    }
    if (!form) return;
    var kept = JSON.parse(sessionStorage.getItem(name) || 'null');
    if (kept && !$('#errors') && !reason.value) {
      reason.value = kept.reason;
      if (kept.code) $('#f-code', form).value = kept.code;
      boxes().forEach(function (b) { b.checked = kept.on.indexOf(b.id) >= 0; });
    }
    form.addEventListener('input', save);
    form.addEventListener('click', function () { setTimeout(save, 0); });
  } catch (e) { /* storage is turned off */ }
}

// ---- papers: one at a time, zoom, turn, drag
function papers(box) {
  var figures = all('figure', box), buttons = all('[data-show]', box);
  var tools = $('[data-tools]', box), label = $('[data-zoom]', box), at = 0;
  if (!figures.length) return;
  var views = figures.map(function (figure, i) {
    // A picture that arrives late must not speak for the one that is looked at.
    return viewer($('[data-view]', figure), function (scale) { if (i === at) label.textContent = Math.round(scale * 100) + '%'; });
  });
  function show(n) {
    at = Math.max(0, Math.min(figures.length - 1, n));
    figures.forEach(function (figure, i) { figure.hidden = i !== at; });
    buttons.forEach(function (b, i) { b.setAttribute('aria-pressed', i === at); });
    pdf($('[data-pdf]', figures[at]));
    tools.hidden = !views[at];
    if (views[at]) views[at].apply();
  }
  function act(name) { if (views[at]) views[at][name](); }
  buttons.forEach(function (b, i) { b.addEventListener('click', function () { show(i); }); });
  all('[data-do]', tools).forEach(function (b) {
    b.addEventListener('click', function () { act(b.getAttribute('data-do')); });
  });
  // As tall as what is left of the window, above and below the fold alike.
  function fill() {
    var top = Math.max(12, box.parentNode.getBoundingClientRect().top);
    box.style.height = window.matchMedia('(min-width:62rem)').matches ? window.innerHeight - top - 12 + 'px' : '';
    if (views[at]) views[at].apply();
  }
  window.addEventListener('resize', fill);
  window.addEventListener('scroll', fill, { passive: true });
  window.addEventListener('load', fill);
  keys(function (key) {
    if (key >= '1' && key <= '9' && +key <= figures.length) show(+key - 1);
    else if (key === ']') show(at + 1);
    else if (key === '[') show(at - 1);
    else if (key === 't') act('turn');
    else if (key === '+' || key === '=') act('larger');
    else if (key === '-') act('smaller');
    else if (key === '0') act('fit');
    else return false;
    return true;
  });
  show(0);
  fill();
}

// ---- the desk's own keys: to the neighbours, and to a verdict, which its button (or Enter on it) then sends
var VERDICT = { p: 'pass', r: 'return', b: 'send_back', x: 'reject' };
function desk() {
  if (!$('#desk')) return;
  keys(function (key) {
    var link = { j: 'a[rel=next]', k: 'a[rel=prev]' }[key], form = $('#decide'), help = $('[data-help]');
    if (link && $('.crumb ' + link)) $('.crumb ' + link).click();
    else if (VERDICT[key] && $('#f-verdict-' + VERDICT[key])) choose($('#f-verdict-' + VERDICT[key]));
    else if (key === 'd' && form) {
      form.scrollIntoView({ block: 'start' });
      ($('input[name=verdict]:checked', form) || $('#f-verdict-pass')).focus({ preventScroll: true });
    } else if (key === '?' && help) { help.open = !help.open; $('summary', help).focus(); }
    else return false;
    return true;
  });
  function choose(radio) {
    radio.checked = true;
    radio.dispatchEvent(new Event('change', { bubbles: true }));
    $('#decide').scrollIntoView({ block: 'start' });
    var next = { pass: '[data-submit]', 'return': '#f-corrections input' }[radio.value] || '#f-reason';
    $('#decide ' + next).focus({ preventScroll: true });
  }
}

// ---- while the page is open the claim is renewed; who took it over is told
function claim(box) {
  var lost = $('[data-claim-lost]');
  var timer = setInterval(function () {
    if (document.hidden) return;
    fetch(box.getAttribute('data-claim'), {
      method: 'POST', credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-csrf-token': box.getAttribute('data-csrf'), accept: 'application/json' },
      body: 'act=renew'
    }).then(function (r) { return r.json(); }).then(function (b) {
      if (b.state === 'mine') return;
      clearInterval(timer);
      lost.textContent = b.words || '这份申请已不在您的审核环节';
      lost.hidden = false;
    }, function () {});
  }, +box.getAttribute('data-every') || 240000);
}

// ---- many at once: how many are ticked; all of the page with one tick
function bulk(form) {
  var boxes = all('[name^=pick-]', form), every = $('[data-all]', form), count = $('[data-count]', form);
  function update() {
    var n = boxes.filter(function (b) { return b.checked; }).length;
    count.textContent = n ? ' ' + n + ' 件' : '';
    every.checked = n === boxes.length;
    every.indeterminate = n > 0 && n < boxes.length;
  }
  every.addEventListener('change', function () {
    boxes.forEach(function (b) { b.checked = every.checked; });
    update();
  });
  form.addEventListener('change', update);
  window.addEventListener('pageshow', update);
  update();
}

// A PDF is loaded only when it is looked at: the trail of looks stays true.
function pdf(view) {
  if (!view || $('iframe', view)) return;
  var frame = document.createElement('iframe');
  frame.src = view.getAttribute('data-pdf') + '#navpanes=0&view=FitH';
  frame.title = view.getAttribute('data-label');
  if (navigator.pdfViewerEnabled !== false) { view.textContent = ''; view.appendChild(frame); }
}

function viewer(view, shown) {
  if (!view) return null;
  var img = $('img', view), link = $('a', view), scale = 1, turn = 0, x = 0, y = 0, from = null;
  function fitted() {
    if (turn % 2 === 0 || !img.offsetWidth) return 1;
    return Math.min(view.clientWidth / img.offsetHeight, view.clientHeight / img.offsetWidth);
  }
  var it = {
    apply: function () {
      var s = scale * fitted(), w = img.offsetWidth * s, h = img.offsetHeight * s;
      if (turn % 2) { var t = w; w = h; h = t; }
      var mx = Math.max(0, (w - view.clientWidth) / 2), my = Math.max(0, (h - view.clientHeight) / 2);
      x = Math.max(-mx, Math.min(mx, x)); y = Math.max(-my, Math.min(my, y));
      img.style.transform = 'translate(' + x + 'px,' + y + 'px) rotate(' + turn * 90 + 'deg) scale(' + s + ')';
      view.classList.toggle('big', scale > 1);
      shown(scale);
    },
    larger: function () { scale = Math.min(8, scale * 1.25); it.apply(); },
    smaller: function () { scale = Math.max(1, scale / 1.25); it.apply(); },
    fit: function () { scale = 1; turn = x = y = 0; it.apply(); },
    turn: function () { turn = (turn + 1) % 4; x = y = 0; it.apply(); }
  };
  link.draggable = img.draggable = false;
  link.tabIndex = -1;
  link.addEventListener('click', function (e) { e.preventDefault(); });
  link.addEventListener('dblclick', function () { scale = scale > 1 ? 1 : 2; it.apply(); });
  view.addEventListener('pointerdown', function (e) {
    if (e.button || scale === 1) return;
    from = { x: e.clientX - x, y: e.clientY - y };
    view.setPointerCapture(e.pointerId);
  });
  view.addEventListener('pointermove', function (e) {
    if (!from) return;
    x = e.clientX - from.x; y = e.clientY - from.y; it.apply();
  });
  ['pointerup', 'pointercancel'].forEach(function (name) { view.addEventListener(name, function () { from = null; }); });
  view.addEventListener('wheel', function (e) {
    if (!e.ctrlKey) return;
    e.preventDefault();
    if (e.deltaY < 0) it.larger(); else it.smaller();
  }, { passive: false });
  view.addEventListener('keydown', function (e) {
    var step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    if (!step || scale === 1) return;
    e.preventDefault(); x += step[0]; y += step[1]; it.apply();
  });
  img.addEventListener('load', it.apply);
  return it;
}

// ---- keys: never while typing, never with Ctrl; none of them sends a form
function keys(on) {
  document.addEventListener('keydown', function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    var t = e.target, typing = t.matches && t.matches('textarea,input:not([type=checkbox]):not([type=radio])');
    if (!typing && on(e.key)) e.preventDefault();
  });
}

// ---- back from the desk to the list as it was filtered
function backToList() {
  var link = $('[data-back-to-list]');
  try {
    if (location.pathname === '/office') sessionStorage.setItem('list', location.search);
    else if (link) link.href += sessionStorage.getItem('list') || '';
  } catch (e) { /* storage is turned off: the list opens unfiltered */ }
}

function queue() {
  var links = all('[data-testid=open]'), words = $('#f-words');
  if (!words) return;
  keys(function (key) {
    var i = links.indexOf(document.activeElement);
    if (key === '/') { words.focus(); words.select(); }
    else if (key === 'j' && links.length) links[Math.min(links.length - 1, i + 1)].focus();
    else if (key === 'k' && links.length) links[Math.max(0, i - 1)].focus();
    else return false;
    return true;
  });
}

// ---- a link is copied by its button; what the browser forbids can still be copied by hand
function copies(button) {
  button.addEventListener('click', function () {
    var field = $(button.getAttribute('data-copy'));
    field.focus(); field.select();
    var done = function () { button.textContent = '已复制'; };
    if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(done, function () {});
    else if (document.execCommand('copy')) done();
  });
}

// ---- the scan at sign-in: the page goes on by itself
function scan(link) {
  setInterval(function () {
    fetch(link.getAttribute('data-scan'), { credentials: 'same-origin' })
      .then(function (r) { return r.json(); })
      .then(function (b) { if (b.state !== 'waiting') location.href = link.href; }, function () {});
  }, 1500);
}

// ---- a lesson's video: sent with its progress shown, since it takes its time; without this the form sends it
function video(form) {
  var MAX = 200 * 1024 * 1024, input = $('input[type=file]', form), button = $('button', form), bar = $('progress', form);
  var line = bar.parentNode, words = $('[role=status]', form), xhr = null;
  function over(text) { xhr = null; words.textContent = text; bar.hidden = true; button.textContent = '上传'; }
  form.addEventListener('submit', function (e) {
    e.preventDefault();
    if (xhr) { xhr.abort(); return; }
    var file = input.files[0];
    line.hidden = false;
    if (!file) { over('请先选择视频文件'); return; }
    if (file.size > MAX) { over('视频超过了 200 MB。请压缩，或分成几节后分别上传'); return; }
    xhr = new XMLHttpRequest();
    bar.hidden = false; bar.value = 0; button.textContent = '停止上传';
    xhr.upload.onprogress = function (p) {
      if (!p.lengthComputable) return;
      bar.value = 100 * p.loaded / p.total;
      words.textContent = p.loaded < p.total ? Math.floor(bar.value) + '%' : '正在保存…';
    };
    xhr.onload = function () {
      var body = {};
      try { body = JSON.parse(xhr.responseText); } catch (_) {}
      if (xhr.status === 200 && body.next) { words.textContent = '已上传'; location.href = body.next; return; }
      over(body.error ? body.error.message : '上传没有成功，请再试一次');
    };
    xhr.onerror = function () { over('网络不通，请检查网络后再试'); };
    xhr.onabort = function () { over('已停止上传'); };
    xhr.open('POST', form.action);
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.send(new FormData(form));
  });
}

document.addEventListener('DOMContentLoaded', function () {
  all('form[data-video]').forEach(video);
  all('[data-copy]').forEach(copies);
  all('[data-scan]').forEach(scan);
  all('form[data-once]').forEach(once);
  all('form[data-unsaved]').forEach(unsaved);
  drafts($('form[data-verdicts]'));
  all('form[data-verdicts]').forEach(verdicts);
  all('[data-papers]').forEach(papers);
  all('[data-claim]').forEach(claim);
  all('form[data-bulk]').forEach(bulk);
  if ($('[data-reload]')) setTimeout(function () { location.reload(); }, 1000);
  desk();
  queue();
  backToList();
  errors();
});
})();
