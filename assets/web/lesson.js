// A lesson's player: goes on where one was, and tells the server where one is, every ten seconds, at a pause and at the end.
// Who is not signed in watches without anything being kept.
(function () {
'use strict';
document.addEventListener('DOMContentLoaded', function () {
  var ym = window.ym, video = ym.$('[data-testid=player]'), state = ym.$('#lesson-state');
  if (!video) return;
  var keep = video.dataset.keep, from = +video.dataset.at, told = -1, last = 0;
  function begin() { if (from > 0 && from < video.duration) video.currentTime = from; }
  if (video.readyState > 0) begin(); else video.addEventListener('loadedmetadata', begin, { once: true });
  video.addEventListener('error', function () { ym.$('#lesson-trouble').hidden = false; });
  if (!keep) return;
  function fields() { return { position: Math.floor(video.currentTime), duration: Math.ceil(video.duration) }; }
  function tell() {
    var now = fields();
    if (!(video.duration > 0) || now.position === told) return;
    told = now.position; last = Date.now();
    ym.post(keep, now).then(function (b) {
      state.textContent = '已记录 ' + ym.clock(new Date());
      if (b.done) ym.$('[data-testid=watched]').hidden = false;
    }, function (e) {
      told = -1;
      state.textContent = ym.signedOut(e) ? '登录已过期，接下来的进度没有记录。请刷新页面后重新登录。' : '进度没有记录：' + e.message;
    });
  }
  video.addEventListener('timeupdate', function () { if (!video.paused && Date.now() - last >= 10000) tell(); });
  video.addEventListener('pause', tell);
  video.addEventListener('ended', tell);
  // The page goes away: what is sent now still arrives.
  window.addEventListener('pagehide', function () {
    if (!(video.duration > 0) || !navigator.sendBeacon || Math.floor(video.currentTime) === told || video.currentTime === 0) return;
    var now = fields();
    now.csrf = ym.csrf();
    navigator.sendBeacon(keep, new URLSearchParams(now));
  });
});
})();
