// Uploads: at once when chosen, with progress, stop, retry and preview; a large photo is scaled down first. Without
// this each paper is a form with a button.
(function () {
'use strict';
var p = window.ym, MAX = 3 * 1024 * 1024;
// Longest side and quality, until it fits: the first still shows small print and QR codes.
var STEPS = [[3200, 0.88], [2400, 0.86], [1800, 0.82], [1400, 0.75]];

function canvas(img, edge) {
  var k = Math.min(1, edge / Math.max(img.naturalWidth, img.naturalHeight)), c = document.createElement('canvas');
  c.width = Math.max(1, Math.round(img.naturalWidth * k)); c.height = Math.max(1, Math.round(img.naturalHeight * k));
  var g = c.getContext('2d');
  g.fillStyle = '#fff'; g.fillRect(0, 0, c.width, c.height); g.drawImage(img, 0, 0, c.width, c.height);
  return c;
}
// Also makes a JPEG of what only this browser can open (HEIC, WebP). What cannot be opened goes as it is: the
// server knows the words for it.
function scaled(file) {
  var known = /^image\/(jpeg|png|gif)$/.test(file.type);
  if (!/^image\//.test(file.type) || (known && file.size <= MAX)) return Promise.resolve(file);
  return new Promise(function (resolve) {
    var img = new Image(), url = URL.createObjectURL(file), at = 0;
    img.onerror = function () { URL.revokeObjectURL(url); resolve(file); };
    img.onload = function () { step(); };
    function step() {
      canvas(img, STEPS[at][0]).toBlob(function (b) {
        if (b && b.size > MAX && ++at < STEPS.length) { step(); return; }
        URL.revokeObjectURL(url);
        resolve(b || file);
      }, 'image/jpeg', STEPS[at][1]);
    }
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
    var state = p.$('.live', doc), thumb = p.$('.thumb', doc), before = [].slice.call(thumb.childNodes), stopped = false, xhr;
    state.textContent = '';
    var words = add('span', ''), bar = add('progress', ''), stop = button('停止上传', function () {
      stopped = true;
      if (xhr) xhr.abort(); else fail('已停止上传', true);
    });
    words.setAttribute('data-testid', 'sending');
    bar.max = 100; bar.setAttribute('aria-label', '上传进度');
    words.textContent = '等待上传…';
    busy(true);
    if (/^image\//.test(file.type)) {
      var img = document.createElement('img');
      img.alt = '预览'; img.src = URL.createObjectURL(file); thumb.textContent = ''; thumb.appendChild(img);
    }
    // One after another: on a slow line the first is done sooner, and each sees the application as the last left it.
    last = last.then(function () {
      if (stopped) return;
      if (file.size > MAX) words.textContent = '照片较大，正在压缩…';
      return scaled(file).then(function (blob) {
        if (stopped) return;
        if (blob.size > MAX) { fail('文件有 ' + (blob.size / 1048576).toFixed(1) + ' MB，超过了 3 MB。请压缩或重新拍摄后再上传'); return; }
        return new Promise(function (done) { put(blob, done); });
      });
    });

    function put(blob, done) {
      var data = new FormData();
      xhr = new XMLHttpRequest();
      words.textContent = '正在上传…';
      data.append('csrf', p.csrf()); data.append('file', blob, 'file');
      xhr.open('POST', url);
      xhr.timeout = 120000;
      xhr.setRequestHeader('Accept', 'application/json');
      xhr.setRequestHeader('X-CSRF-Token', p.csrf());
      xhr.upload.onprogress = function (e) {
        if (!e.lengthComputable) return;
        bar.value = e.loaded * 100 / e.total;
        words.textContent = e.loaded < e.total ? '正在上传 ' + Math.floor(bar.value) + '%' : '正在检查文件…';
      };
      xhr.onload = function () {
        var body = {};
        try { body = JSON.parse(xhr.responseText); } catch (_) {}
        if (xhr.status < 300) { refresh(doc.id, true); return; }
        var err = body.error || { message: '系统繁忙，请稍后再试' };
        fail(p.signedOut(err) ? p.ENDED + '，再上传这一份' : err.message, xhr.status >= 500 || xhr.status === 429);
      };
      xhr.onabort = function () { fail('已停止上传', true); };
      xhr.onerror = xhr.ontimeout = function () { fail(p.OFFLINE, true); };
      xhr.onloadend = done;
      xhr.send(data);
    }
    function fail(text, again) {
      state.textContent = '';
      thumb.textContent = ''; before.forEach(function (n) { thumb.appendChild(n); });
      add('span', text, 'err').setAttribute('role', 'alert');
      if (again) button('重试这一份', function () { send(doc, url, file); }).setAttribute('data-testid', 'again');
      busy(false);
    }
    function busy(is) {
      p.all('.up', doc).forEach(function (u) {
        if (is) u.setAttribute('aria-disabled', 'true'); else u.removeAttribute('aria-disabled');
        p.$('input', u).disabled = is;
      });
    }
    function add(tag, text, name) {
      var e = document.createElement(tag);
      e.textContent = text; e.className = name || ''; state.appendChild(e);
      return e;
    }
    function button(text, act) {
      var b = add('button', text, 'btn plain mini');
      b.type = 'button'; b.onclick = act;
      return b;
    }
  }
}

// The server draws the truth: its own piece of the page replaces ours.
var PLACE = location.pathname === '/apply/documents/handoff' ? '/apply/documents' : location.pathname;
function refresh(id, mine) {
  return p.load(PLACE).then(function (page) {
    [id, 'papers-left'].forEach(function (id) { p.swap(page, id); });
    var doc = document.getElementById(id);
    p.toast(mine ? '已上传' : '收到手机上传：' + doc.dataset.label);
  }, function () { if (mine) location.reload(); });
}

// ---- the PC's side of the hand-off: asks every two seconds while the phone may still send
function arrivals(box) {
  var phone = p.$('#phone'), papers = null;
  function tell(b) {
    box.classList.toggle('joined', b.phone !== 'waiting');
    // What the code could do, and until when, is over with it.
    p.all('.sub', box).forEach(function (line) { line.hidden = b.phone === 'over'; });
    phone.textContent = { waiting: '等待手机扫码…', joined: '手机已连接，正在等待上传…', over: '手机上传已结束。需要时请重新生成二维码。' }[b.phone];
    phone.className = 'note' + (b.phone === 'joined' ? ' ok' : '');
    var end = p.$('[data-testid=handoff-end]', box);
    if (b.phone === 'over' && end) { end.closest('form').action = '/apply/documents/handoff'; end.textContent = '重新生成二维码'; }
  }
  function ask() {
    if (document.hidden) { setTimeout(ask, 2000); return; }
    fetch(box.dataset.arrivals, { credentials: 'same-origin', headers: { 'Accept': 'application/json' } }).then(p.answer).then(function (b) {
      tell(b);
      var news = papers ? Object.keys(b.papers).filter(function (k) { return papers[k] !== b.papers[k]; }) : [];
      papers = b.papers;
      // What this page is sending itself draws itself.
      news = news.filter(function (k) { return !p.$('#doc-' + k + ' [data-testid=sending]'); });
      return news.reduce(function (before, k) { return before.then(function () { return refresh('doc-' + k, false); }); }, Promise.resolve())
        .then(function () { if (b.again) setTimeout(ask, 2000); });
    }, function (e) {
      if (e && p.signedOut(e)) { location.href = '/sign-in?next=/apply/documents'; return; }
      setTimeout(ask, 4000);
    });
  }
  ask();
}

document.addEventListener('DOMContentLoaded', function () {
  p.all('[data-uploads]').forEach(uploads);
  p.all('[data-arrivals]').forEach(arrivals);
});
})();
