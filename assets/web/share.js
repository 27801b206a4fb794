// The card that a page is shared as inside WeChat. Loaded only there; without the JS-SDK nothing happens.
(function () {
'use strict';
document.addEventListener('DOMContentLoaded', function () {
  var at = document.querySelector('[data-share-title]');
  if (!at || !window.wx) return;
  var url = location.href.split('#')[0], data = at.dataset;
  fetch('/wechat/jssdk?url=' + encodeURIComponent(url), { credentials: 'same-origin' }).then(window.ym.answer).then(function (c) {
    window.wx.config({ debug: false, appId: c.appId, timestamp: c.timestamp, nonceStr: c.nonceStr, signature: c.signature,
      jsApiList: ['updateAppMessageShareData', 'updateTimelineShareData'] });
    window.wx.ready(function () {
      var card = { title: data.shareTitle, desc: data.shareDesc, link: data.shareLink, imgUrl: data.shareImg };
      window.wx.updateAppMessageShareData(card);
      window.wx.updateTimelineShareData({ title: card.title, link: card.link, imgUrl: card.imgUrl });
    });
  }, function () {});
});
})();
