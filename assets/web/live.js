// Progress: told by the server as it happens; where that does not work, asks every few seconds while it is looked at.
// Draws again only when something moved.
(function () {
'use strict';
var ym = window.ym, $ = ym.$, tries = 0, timer = 0, source = null, stop = false;
function seen() { var el = $('#seen'); if (el) el.textContent = '本页自动更新，最近一次 ' + ym.clock(new Date()); }
function news(stamp) {
  if (stamp === $('#live').dataset.stamp) { seen(); return Promise.resolve(); }
  return ym.load(location.pathname).then(function (page) {
    ym.swap(page, 'live');
    var old = $('[data-testid=flash]'); if (old) old.remove();
    ym.toast('进度有更新'); seen();
  });
}
function failed(e) { if (e && ym.signedOut(e)) { stop = true; clearInterval(timer); location.reload(); } }
function ask() {
  if (document.hidden || stop) return;
  fetch($('#live').dataset.watch, { credentials: 'same-origin', headers: { 'Accept': 'application/json' } })
    .then(ym.answer).then(function (b) { return news(b.stamp); }).then(null, failed);
}
function poll() { if (!timer && !stop) { timer = setInterval(ask, 5000); ask(); } }
function listen() {
  if (source || stop) return;
  if (!window.EventSource) { poll(); return; }
  source = new EventSource($('#live').dataset.events);
  source.addEventListener('stamp', function (e) { tries = 0; clearInterval(timer); timer = 0; news(e.data).then(null, failed); });
  source.onerror = function () {
    // The browser tries again by itself after a cut line; not after a refusal, and not for ever here.
    if (source.readyState === 2 || ++tries > 3) { source.close(); source = null; poll(); setTimeout(listen, 60000); tries = 0; }
  };
}
// A page that nobody looks at holds no line.
document.addEventListener('visibilitychange', function () {
  if (document.hidden) { if (source) { source.close(); source = null; } }
  else { ask(); if (!source) listen(); }
});
window.addEventListener('pagehide', function () { if (source) source.close(); });
document.addEventListener('DOMContentLoaded', function () { if ($('#live[data-watch]')) listen(); });
})();
