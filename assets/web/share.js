// What a page asks of WeChat (jssdk.js): the card that it is shared as, and places opened on WeChat's map. Outside WeChat
// nothing happens: the card is WeChat's own, and the link to a map's page stays.
(function () {
'use strict';
document.addEventListener('DOMContentLoaded', function () {
  var at = document.querySelector('[data-share-title]'), places = document.querySelectorAll('[data-place]');
  if (!at && !places.length) return;
  window.ym.wechat().then(function (wx) {
    if (at) share(wx, at.dataset);
    [].forEach.call(places, function (link) { opens(wx, link); });
  }, function () {});
});
function share(wx, data) {
  var card = { title: data.shareTitle, desc: data.shareDesc, link: data.shareLink, imgUrl: data.shareImg };
  wx.updateAppMessageShareData(card);
  wx.updateTimelineShareData({ title: card.title, link: card.link, imgUrl: card.imgUrl });
}
// From now on a tap opens WeChat's map rather than the link; where WeChat fails, the link is followed.
function opens(wx, link) {
  link.setAttribute('data-ready', '');
  link.addEventListener('click', function (e) {
    e.preventDefault();
    var data = link.dataset;
    wx.openLocation({
      latitude: +data.lat, longitude: +data.lng, name: data.place, address: data.address, scale: 16, infoUrl: location.href,
      fail: function () { location.href = link.href; }
    });
  });
}
})();
