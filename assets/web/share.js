// What a page asks of WeChat: the card that it is shared as, and places opened on WeChat's map. Without the JS-SDK nothing
// happens: the card is WeChat's own, and the link to a map's page stays.
(function () {
'use strict';
document.addEventListener('DOMContentLoaded', function () {
  var at = document.querySelector('[data-share-title]'), places = document.querySelectorAll('[data-place]');
  if (!window.wx || !at && !places.length) return;
  var url = location.href.split('#')[0], apis = at ? ['updateAppMessageShareData', 'updateTimelineShareData'] : [];
  if (places.length) apis.push('openLocation');
  fetch('/wechat/jssdk?url=' + encodeURIComponent(url), { credentials: 'same-origin' }).then(window.ym.answer).then(function (c) {
    window.wx.config({ debug: false, appId: c.appId, timestamp: c.timestamp, nonceStr: c.nonceStr, signature: c.signature, jsApiList: apis });
    window.wx.ready(function () {
      if (at) share(at.dataset);
      [].forEach.call(places, opens);
    });
  }, function () {});
});
function share(data) {
  var card = { title: data.shareTitle, desc: data.shareDesc, link: data.shareLink, imgUrl: data.shareImg };
  window.wx.updateAppMessageShareData(card);
  window.wx.updateTimelineShareData({ title: card.title, link: card.link, imgUrl: card.imgUrl });
}
// From now on a tap opens WeChat's map rather than the link; where WeChat fails, the link is followed.
function opens(link) {
  link.setAttribute('data-ready', '');
  link.addEventListener('click', function (e) {
    e.preventDefault();
    var data = link.dataset;
    window.wx.openLocation({
      latitude: +data.lat, longitude: +data.lng, name: data.place, address: data.address, scale: 16, infoUrl: location.href,
      fail: function () { location.href = link.href; }
    });
  });
}
})();
