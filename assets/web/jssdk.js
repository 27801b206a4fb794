// WeChat's JS-SDK on a page of ours: configured once, whoever on the page needs it. `ym.wechat()` gives `wx` when it is
// ready, and fails outside WeChat. For pages that load it (`web::jssdk::script`).
(function () {
'use strict';
var ready = null;
var APIS = ['updateAppMessageShareData', 'updateTimelineShareData', 'openLocation'], TAGS = ['wx-open-subscribe'];
window.ym.wechat = function () {
  if (ready) return ready;
  var wx = window.wx;
  if (!wx) return (ready = Promise.reject({ message: 'not in WeChat' }));
  // What the phone compares is the address as it stands there, without its fragment (facts row 10).
  var url = location.href.split('#')[0];
  ready = fetch('/wechat/jssdk?url=' + encodeURIComponent(url), { credentials: 'same-origin' }).then(window.ym.answer).then(function (c) {
    return new Promise(function (done, failed) {
      wx.error(failed);
      wx.ready(function () { done(wx); });
      wx.config({ debug: false, appId: c.appId, timestamp: c.timestamp, nonceStr: c.nonceStr, signature: c.signature,
        jsApiList: APIS, openTagList: TAGS });
    });
  });
  return ready;
};
})();
